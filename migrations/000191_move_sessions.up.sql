-- A session keeps its row while its token is renewed, so that its seven days
-- are counted from its beginning and whatever ends it ends it under every
-- token. Between the old token and the new one the row is released: nobody
-- comes in by it, and whoever holds its id moves it, once.
ALTER TABLE session ADD COLUMN released_at timestamptz;

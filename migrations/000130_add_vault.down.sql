-- Takes the vault away: the rows; the sealed objects stay in the store.
DROP TABLE vault_leftover;
DROP TABLE vault_version;
DROP TABLE vault_document;
DROP FUNCTION vault_version_leaves();
DROP FUNCTION vault_version_stays();

-- Takes the vault away: the rows; the sealed objects stay in the store.
DROP TABLE vault_leftover, vault_version, vault_document;
DROP FUNCTION vault_version_leaves();
DROP FUNCTION vault_version_stays();

-- How many items an account has.
ALTER TABLE wallet_accounts ADD COLUMN items INTEGER NOT NULL DEFAULT 0;

-- Partitions of wallets: of each epoch its key, wrapped under the root key.
CREATE TABLE wallet_partitions (
    tenant  TEXT NOT NULL,
    account BLOB NOT NULL,
    id      BLOB NOT NULL CHECK (length(id) = 16),
    epoch   INTEGER NOT NULL,
    mode    TEXT NOT NULL,
    root    INTEGER NOT NULL, -- generation of the root key
    sealed  BLOB NOT NULL,
    begun   INTEGER NOT NULL,
    PRIMARY KEY (tenant, account, id, epoch),
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Items, as their holders' clients sealed them.
CREATE TABLE wallet_items (
    tenant     TEXT NOT NULL,
    account    BLOB NOT NULL,
    part       BLOB NOT NULL,
    id         BLOB NOT NULL CHECK (length(id) = 16),
    kind       TEXT NOT NULL,
    epoch      INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    own        BLOB CHECK (length(own) = 16),
    collection BLOB CHECK (length(collection) = 16),
    key        BLOB NOT NULL,
    content    BLOB NOT NULL,
    PRIMARY KEY (tenant, account, part, id),
    UNIQUE (tenant, account, part, own),
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX wallet_items_collection ON wallet_items (tenant, account, part, collection, id);

-- What else items are found by.
CREATE TABLE wallet_tags (
    tenant  TEXT NOT NULL,
    account BLOB NOT NULL,
    part    BLOB NOT NULL,
    tag     BLOB NOT NULL CHECK (length(tag) = 16),
    id      BLOB NOT NULL,
    PRIMARY KEY (tenant, account, part, tag, id),
    FOREIGN KEY (tenant, account, part, id) REFERENCES wallet_items (tenant, account, part, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX wallet_tags_item ON wallet_tags (tenant, account, part, id);

-- What was done. hash chains each entry of an account to the one before. answer
-- is what a retry of a request that changed something is told.
CREATE TABLE wallet_audit (
    tenant  TEXT NOT NULL,
    account BLOB NOT NULL,
    n       INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    action  TEXT NOT NULL,
    request TEXT NOT NULL,
    result  TEXT NOT NULL,
    hash    BLOB NOT NULL CHECK (length(hash) = 32),
    answer  BLOB,
    PRIMARY KEY (tenant, account, n),
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX wallet_audit_request ON wallet_audit (tenant, account, request) WHERE answer IS NOT NULL;

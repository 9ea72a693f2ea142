-- How many items an account has.
ALTER TABLE wallet_accounts ADD COLUMN items bigint NOT NULL DEFAULT 0;

-- Partitions of wallets: of each epoch its key, wrapped under the root key.
CREATE TABLE wallet_partitions (
    tenant  text COLLATE "C" NOT NULL,
    account bytea NOT NULL,
    id      bytea NOT NULL CHECK (length(id) = 16),
    epoch   bigint NOT NULL,
    mode    text COLLATE "C" NOT NULL,
    root    bigint NOT NULL, -- generation of the root key
    sealed  bytea NOT NULL,
    begun   bigint NOT NULL,
    PRIMARY KEY (tenant, account, id, epoch),
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
);

-- Items, as their holders' clients sealed them.
CREATE TABLE wallet_items (
    tenant     text COLLATE "C" NOT NULL,
    account    bytea NOT NULL,
    part       bytea NOT NULL,
    id         bytea NOT NULL CHECK (length(id) = 16),
    kind       text COLLATE "C" NOT NULL,
    epoch      bigint NOT NULL,
    version    bigint NOT NULL,
    own        bytea CHECK (length(own) = 16),
    collection bytea CHECK (length(collection) = 16),
    key        bytea NOT NULL,
    content    bytea NOT NULL,
    PRIMARY KEY (tenant, account, part, id),
    UNIQUE (tenant, account, part, own),
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
);
CREATE INDEX wallet_items_collection ON wallet_items (tenant, account, part, collection, id);

-- What else items are found by.
CREATE TABLE wallet_tags (
    tenant  text COLLATE "C" NOT NULL,
    account bytea NOT NULL,
    part    bytea NOT NULL,
    tag     bytea NOT NULL CHECK (length(tag) = 16),
    id      bytea NOT NULL,
    PRIMARY KEY (tenant, account, part, tag, id),
    FOREIGN KEY (tenant, account, part, id) REFERENCES wallet_items (tenant, account, part, id) ON DELETE CASCADE
);
CREATE INDEX wallet_tags_item ON wallet_tags (tenant, account, part, id);

-- What was done. hash chains each entry of an account to the one before. answer
-- is what a retry of a request that changed something is told.
CREATE TABLE wallet_audit (
    tenant  text COLLATE "C" NOT NULL,
    account bytea NOT NULL,
    n       bigint NOT NULL,
    at      bigint NOT NULL,
    action  text COLLATE "C" NOT NULL,
    request text COLLATE "C" NOT NULL,
    result  text COLLATE "C" NOT NULL,
    hash    bytea NOT NULL CHECK (length(hash) = 32),
    answer  bytea,
    PRIMARY KEY (tenant, account, n),
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX wallet_audit_request ON wallet_audit (tenant, account, request) WHERE answer IS NOT NULL;

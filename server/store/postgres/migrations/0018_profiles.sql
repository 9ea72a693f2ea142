-- As whom an account acts. settings: where its keys and contents are, as JSON.
CREATE TABLE wallet_profiles (
    tenant   text COLLATE "C" NOT NULL,
    account  bytea NOT NULL,
    id       bytea NOT NULL CHECK (length(id) = 16),
    name     text COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    settings text NOT NULL,
    begun    bigint NOT NULL,
    PRIMARY KEY (tenant, account, id),
    UNIQUE (tenant, account, name),
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
);

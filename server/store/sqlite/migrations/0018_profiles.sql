-- As whom an account acts. settings: where its keys and contents are, as JSON.
CREATE TABLE wallet_profiles (
    tenant   TEXT NOT NULL,
    account  BLOB NOT NULL,
    id       BLOB NOT NULL CHECK (length(id) = 16),
    name     TEXT NOT NULL,
    version  INTEGER NOT NULL,
    settings TEXT NOT NULL,
    begun    INTEGER NOT NULL,
    PRIMARY KEY (tenant, account, id),
    UNIQUE (tenant, account, name),
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

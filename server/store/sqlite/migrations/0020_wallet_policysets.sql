-- What gates a tenant's own wallets. Without a name and version: the shipped set,
-- as without a row; that each change raises the revision holds of both.
CREATE TABLE policysets_wallet (
    tenant   TEXT PRIMARY KEY,
    folded   TEXT,
    version  TEXT,
    revision INTEGER NOT NULL,
    CHECK ((folded IS NULL) = (version IS NULL)),
    FOREIGN KEY (tenant, folded, version) REFERENCES policysets (tenant, folded, version)
) STRICT, WITHOUT ROWID;

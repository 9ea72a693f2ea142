-- What gates a tenant's own wallets. Without a name and version: the shipped set,
-- as without a row; that each change raises the revision holds of both.
CREATE TABLE policysets_wallet (
    tenant   text COLLATE "C" PRIMARY KEY,
    folded   text COLLATE "C",
    version  text COLLATE "C",
    revision bigint NOT NULL,
    CHECK ((folded IS NULL) = (version IS NULL)),
    FOREIGN KEY (tenant, folded, version) REFERENCES policysets (tenant, folded, version)
);

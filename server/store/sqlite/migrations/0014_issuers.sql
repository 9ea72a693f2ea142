-- As whom credentials are issued, and the keys that sign (sealed).
CREATE TABLE issuer_profiles (
    tenant   TEXT NOT NULL,
    name     TEXT NOT NULL,
    client   TEXT NOT NULL,
    custody  TEXT NOT NULL CHECK (custody IN ('custodial', 'local')),
    did      TEXT NOT NULL,
    settings TEXT NOT NULL, -- JSON
    made     INTEGER NOT NULL, -- nanoseconds since 1970
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX issuer_profiles_did ON issuer_profiles (tenant, did);
CREATE TABLE issuer_keys (
    tenant  TEXT NOT NULL,
    profile TEXT NOT NULL,
    method  TEXT NOT NULL,
    made    INTEGER NOT NULL,
    retired INTEGER NOT NULL, -- 0: it signs
    sealed  BLOB NOT NULL,
    PRIMARY KEY (tenant, profile, method),
    FOREIGN KEY (tenant, profile) REFERENCES issuer_profiles (tenant, name)
) STRICT, WITHOUT ROWID;

-- As whom credentials are issued, and the keys that sign (sealed).
CREATE TABLE issuer_profiles (
    tenant   text COLLATE "C" NOT NULL,
    name     text COLLATE "C" NOT NULL,
    client   text COLLATE "C" NOT NULL,
    custody  text COLLATE "C" NOT NULL CHECK (custody IN ('custodial', 'local')),
    did      text COLLATE "C" NOT NULL,
    settings text COLLATE "C" NOT NULL, -- JSON
    made     bigint NOT NULL, -- nanoseconds since 1970
    PRIMARY KEY (tenant, name)
);
CREATE UNIQUE INDEX issuer_profiles_did ON issuer_profiles (tenant, did);
CREATE TABLE issuer_keys (
    tenant  text COLLATE "C" NOT NULL,
    profile text COLLATE "C" NOT NULL,
    method  text COLLATE "C" NOT NULL,
    made    bigint NOT NULL,
    retired bigint NOT NULL, -- 0: it signs
    sealed  bytea NOT NULL,
    PRIMARY KEY (tenant, profile, method),
    FOREIGN KEY (tenant, profile) REFERENCES issuer_profiles (tenant, name)
);

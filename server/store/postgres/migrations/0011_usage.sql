-- How often permits rested on a credential that limits this. key is a keyed digest.
-- uses grows by one a permit: it is what two that decide at once compare.
CREATE TABLE usage_counts (
    tenant  text COLLATE "C" NOT NULL,
    key     bytea NOT NULL CHECK (length(key) = 32),
    uses    bigint NOT NULL,
    at      bigint NOT NULL, -- of the last, nanoseconds since 1970
    expires bigint NOT NULL,
    PRIMARY KEY (tenant, key)
);
CREATE INDEX usage_counts_expires ON usage_counts (expires);

-- Each permit that may still count. at never falls where n grows.
CREATE TABLE usage_permits (
    tenant  text COLLATE "C" NOT NULL,
    key     bytea NOT NULL CHECK (length(key) = 32),
    n       bigint NOT NULL,
    at      bigint NOT NULL,
    expires bigint NOT NULL,
    PRIMARY KEY (tenant, key, n)
);
CREATE INDEX usage_permits_at ON usage_permits (tenant, key, at, n);
CREATE INDEX usage_permits_expires ON usage_permits (expires);

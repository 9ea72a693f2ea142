-- How often permits rested on a credential that limits this. key is a keyed digest.
-- uses grows by one a permit: it is what two that decide at once compare.
CREATE TABLE usage_counts (
    tenant  TEXT NOT NULL,
    key     BLOB NOT NULL CHECK (length(key) = 32),
    uses    INTEGER NOT NULL,
    at      INTEGER NOT NULL, -- of the last, nanoseconds since 1970
    expires INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_counts_expires ON usage_counts (expires);

-- Each permit that may still count. at never falls where n grows.
CREATE TABLE usage_permits (
    tenant  TEXT NOT NULL,
    key     BLOB NOT NULL CHECK (length(key) = 32),
    n       INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (tenant, key, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_permits_at ON usage_permits (tenant, key, at, n);
CREATE INDEX usage_permits_expires ON usage_permits (expires);

-- A client proves itself by a token, by a certificate's key, or by either.
CREATE TABLE clients_2 (
    id          TEXT PRIMARY KEY,
    tenant      TEXT NOT NULL,
    name        TEXT NOT NULL,
    role        TEXT NOT NULL,
    domains     TEXT NOT NULL CHECK (json_valid(domains)),
    token       BLOB UNIQUE CHECK (length(token) = 32),
    certificate BLOB UNIQUE CHECK (length(certificate) = 32),
    created_at  INTEGER NOT NULL,
    UNIQUE (tenant, name),
    CHECK (token IS NOT NULL OR certificate IS NOT NULL)
) STRICT;
INSERT INTO clients_2 (id, tenant, name, role, domains, token, created_at)
    SELECT id, tenant, name, role, domains, token, created_at FROM clients;
DROP TABLE clients;
ALTER TABLE clients_2 RENAME TO clients;

-- How often a challenge of the verify doors was used, until it expires.
CREATE TABLE nonce_uses (
    tenant  TEXT NOT NULL,
    key     BLOB NOT NULL CHECK (length(key) = 32),
    uses    INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX nonce_uses_expires ON nonce_uses (expires);

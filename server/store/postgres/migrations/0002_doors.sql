-- A client proves itself by a token, by a certificate's key, or by either.
ALTER TABLE clients ALTER COLUMN token DROP NOT NULL;
ALTER TABLE clients ADD COLUMN certificate bytea UNIQUE CHECK (length(certificate) = 32);
ALTER TABLE clients ADD CONSTRAINT clients_proof CHECK (token IS NOT NULL OR certificate IS NOT NULL);

-- How often a challenge of the verify doors was used, until it expires.
CREATE TABLE nonce_uses (
    tenant  text COLLATE "C" NOT NULL,
    key     bytea NOT NULL CHECK (length(key) = 32),
    uses    integer NOT NULL,
    expires bigint NOT NULL,
    PRIMARY KEY (tenant, key)
);
CREATE INDEX nonce_uses_expires ON nonce_uses (expires);

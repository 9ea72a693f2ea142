-- Of a partition's key, once a client gave it: what it is known again by; itself,
-- sealed, where the partition is custodial; how often it was closed for all.
ALTER TABLE wallet_partitions ADD COLUMN proof bytea CHECK (length(proof) = 16);
ALTER TABLE wallet_partitions ADD COLUMN held bytea;
ALTER TABLE wallet_partitions ADD COLUMN turn bigint NOT NULL DEFAULT 0;

-- What is at hand of a version without its source: JSON, server.Outline. NULL:
-- published before outlines were kept; it is made from the source then.
ALTER TABLE frameworks ADD COLUMN outline BYTEA;

-- What the server signed at publication: a JWS of name, version and digest. What
-- was published before has none, and decides once it is published again.
ALTER TABLE policysets ADD COLUMN signature TEXT NOT NULL DEFAULT '';

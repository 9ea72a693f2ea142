-- The call whose questions share a caller's nonce: a random text; empty for a
-- call of one question.
ALTER TABLE nonces ADD COLUMN batch TEXT NOT NULL DEFAULT '';

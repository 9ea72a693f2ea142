-- The proxy type of what was issued, an absolute IRI; empty: it had none, or
-- was issued before types were kept.
ALTER TABLE issued ADD COLUMN type TEXT NOT NULL DEFAULT '';

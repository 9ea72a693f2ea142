-- The longest for which a use of a key may count: two credentials that share a count
-- can have periods that differ, and each use counts in both.
ALTER TABLE usage_counts ADD COLUMN life INTEGER NOT NULL DEFAULT 0; -- nanoseconds

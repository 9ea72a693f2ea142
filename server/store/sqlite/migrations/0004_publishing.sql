-- Every change to what is published raises one number, and what it changed takes
-- it: other processes ask for all above the number that they saw last.
CREATE TABLE framework_revision (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO framework_revision (one, revision) VALUES (1, 1);
ALTER TABLE framework_names ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE frameworks ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;

-- JSON, server.Withdrawal; NULL: the version is in force.
ALTER TABLE frameworks ADD COLUMN withdrawal BLOB;

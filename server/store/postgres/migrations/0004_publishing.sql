-- Every change to what is published raises one number, and what it changed takes
-- it: other processes ask for all above the number that they saw last. Who raises
-- it holds its row until the end: numbers are seen in their order.
CREATE TABLE framework_revision (
    one      integer PRIMARY KEY CHECK (one = 1),
    revision bigint NOT NULL
);
INSERT INTO framework_revision (one, revision) VALUES (1, 1);
ALTER TABLE framework_names ADD COLUMN revision bigint NOT NULL DEFAULT 1;
ALTER TABLE frameworks ADD COLUMN revision bigint NOT NULL DEFAULT 1;

-- JSON, server.Withdrawal; NULL: the version is in force.
ALTER TABLE frameworks ADD COLUMN withdrawal bytea;

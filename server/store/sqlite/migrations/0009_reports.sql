-- What edges report: lines of their decision logs, and the last status of each
-- instance. seq grows in the order of filing and is never used again.
CREATE TABLE edge_reports (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant   TEXT NOT NULL,
    client   TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('log', 'status')),
    id       TEXT NOT NULL, -- the decision's, or the instance's
    name     TEXT NOT NULL, -- the framework's; empty: none that the tenant has
    version  TEXT NOT NULL,
    received INTEGER NOT NULL, -- nanoseconds since 1970
    expires  INTEGER NOT NULL,
    sealed   BLOB NOT NULL,
    UNIQUE (tenant, client, kind, id)
) STRICT;
CREATE INDEX edge_reports_filed ON edge_reports (tenant, kind, seq);
CREATE INDEX edge_reports_framework ON edge_reports (tenant, kind, name, seq);
CREATE INDEX edge_reports_expires ON edge_reports (expires);

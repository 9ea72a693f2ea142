-- What edges report: lines of their decision logs, and the last status of each
-- instance. seq grows in the order of filing and is never used again.
CREATE TABLE edge_reports (
    seq      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant   text COLLATE "C" NOT NULL,
    client   text COLLATE "C" NOT NULL,
    kind     text COLLATE "C" NOT NULL CHECK (kind IN ('log', 'status')),
    id       text COLLATE "C" NOT NULL, -- the decision's, or the instance's
    name     text COLLATE "C" NOT NULL, -- the framework's; empty: none that the tenant has
    version  text COLLATE "C" NOT NULL,
    received bigint NOT NULL, -- nanoseconds since 1970
    expires  bigint NOT NULL,
    sealed   bytea NOT NULL,
    UNIQUE (tenant, client, kind, id)
);
CREATE INDEX edge_reports_filed ON edge_reports (tenant, kind, seq);
CREATE INDEX edge_reports_framework ON edge_reports (tenant, kind, name, seq);
CREATE INDEX edge_reports_expires ON edge_reports (expires);

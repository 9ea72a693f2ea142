-- The content at each address of a JSON-LD context, which cannot be two at once.
-- What was published before is not here: every process has it at hand, and
-- refuses what clashes with it (server.Catalogue).
CREATE TABLE framework_contexts (
    tenant text COLLATE "C" NOT NULL,
    url    text COLLATE "C" NOT NULL,
    digest bytea NOT NULL, -- SHA-256 of the context
    PRIMARY KEY (tenant, url)
);

-- The content at each address of a JSON-LD context, which cannot be two at once.
-- What was published before is put here by 0010.
CREATE TABLE framework_contexts (
    tenant text COLLATE "C" NOT NULL,
    url    text COLLATE "C" NOT NULL,
    digest bytea NOT NULL, -- SHA-256 of the context
    PRIMARY KEY (tenant, url)
);

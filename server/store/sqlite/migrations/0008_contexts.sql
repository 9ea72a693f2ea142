-- The content at each address of a JSON-LD context, which cannot be two at once.
-- What was published before is put here by 0010.
CREATE TABLE framework_contexts (
    tenant TEXT NOT NULL,
    url    TEXT NOT NULL,
    digest BLOB NOT NULL, -- SHA-256 of the context
    PRIMARY KEY (tenant, url)
) STRICT, WITHOUT ROWID;

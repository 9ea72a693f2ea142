-- The status lists that we publish. version grows by one with each change of a
-- place; published is what was last signed, of signed_version, at signed_at.
CREATE TABLE status_lists (
    tenant         TEXT NOT NULL,
    id             TEXT NOT NULL,
    profile        TEXT NOT NULL,
    kind           TEXT NOT NULL,
    purpose        TEXT NOT NULL,
    size           INTEGER NOT NULL CHECK (size IN (1, 2, 4, 8)),
    messages       TEXT NOT NULL, -- a JSON array, or null
    url            TEXT NOT NULL,
    made           INTEGER NOT NULL, -- nanoseconds since 1970
    open           INTEGER NOT NULL CHECK (open IN (0, 1)), -- whether places are given
    version        INTEGER NOT NULL,
    signed_version INTEGER NOT NULL, -- -1: never
    signed_at      INTEGER NOT NULL,
    media          TEXT NOT NULL,
    published      BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE UNIQUE INDEX status_lists_open ON status_lists (tenant, profile, kind, purpose) WHERE open = 1;

-- What was issued. name and proxied are keyed digests.
CREATE TABLE issued (
    tenant  TEXT NOT NULL,
    id      TEXT NOT NULL,
    profile TEXT NOT NULL,
    name    BLOB CHECK (length(name) = 32), -- null: it has none
    proxied BLOB CHECK (length(proxied) = 32),
    digest  BLOB NOT NULL CHECK (length(digest) = 32),
    at      INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX issued_name ON issued (tenant, name);

-- Who has which place. A row is never deleted: no place is given twice.
CREATE TABLE status_places (
    tenant     TEXT NOT NULL,
    list       TEXT NOT NULL,
    place      INTEGER NOT NULL CHECK (place BETWEEN 0 AND 131071),
    credential TEXT NOT NULL,
    value      INTEGER NOT NULL CHECK (value BETWEEN 0 AND 255),
    PRIMARY KEY (tenant, list, place),
    FOREIGN KEY (tenant, list) REFERENCES status_lists (tenant, id),
    FOREIGN KEY (tenant, credential) REFERENCES issued (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX status_places_credential ON status_places (tenant, credential);
CREATE INDEX status_places_set ON status_places (tenant, list, place, value) WHERE value <> 0;

-- What became of each, why, and by whom (sealed).
CREATE TABLE status_events (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant     TEXT NOT NULL,
    credential TEXT NOT NULL,
    action     TEXT NOT NULL,
    at         INTEGER NOT NULL,
    sealed     BLOB NOT NULL,
    FOREIGN KEY (tenant, credential) REFERENCES issued (tenant, id)
) STRICT;
CREATE INDEX status_events_credential ON status_events (tenant, credential, seq);

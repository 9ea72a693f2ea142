-- The status lists that we publish. version grows by one with each change of a
-- place; published is what was last signed, of signed_version, at signed_at.
CREATE TABLE status_lists (
    tenant         text COLLATE "C" NOT NULL,
    id             text COLLATE "C" NOT NULL,
    profile        text COLLATE "C" NOT NULL,
    kind           text COLLATE "C" NOT NULL,
    purpose        text COLLATE "C" NOT NULL,
    size           bigint NOT NULL CHECK (size IN (1, 2, 4, 8)),
    messages       text COLLATE "C" NOT NULL, -- a JSON array, or null
    url            text COLLATE "C" NOT NULL,
    made           bigint NOT NULL, -- nanoseconds since 1970
    open           boolean NOT NULL, -- whether places are given
    version        bigint NOT NULL,
    signed_version bigint NOT NULL, -- -1: never
    signed_at      bigint NOT NULL,
    media          text COLLATE "C" NOT NULL,
    published      bytea NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX status_lists_open ON status_lists (tenant, profile, kind, purpose) WHERE open;

-- What was issued. name and proxied are keyed digests.
CREATE TABLE issued (
    tenant  text COLLATE "C" NOT NULL,
    id      text COLLATE "C" NOT NULL,
    profile text COLLATE "C" NOT NULL,
    name    bytea CHECK (length(name) = 32), -- null: it has none
    proxied bytea CHECK (length(proxied) = 32),
    digest  bytea NOT NULL CHECK (length(digest) = 32),
    at      bigint NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX issued_name ON issued (tenant, name);

-- Who has which place. A row is never deleted: no place is given twice.
CREATE TABLE status_places (
    tenant     text COLLATE "C" NOT NULL,
    list       text COLLATE "C" NOT NULL,
    place      bigint NOT NULL CHECK (place BETWEEN 0 AND 131071),
    credential text COLLATE "C" NOT NULL,
    value      bigint NOT NULL CHECK (value BETWEEN 0 AND 255),
    PRIMARY KEY (tenant, list, place),
    FOREIGN KEY (tenant, list) REFERENCES status_lists (tenant, id),
    FOREIGN KEY (tenant, credential) REFERENCES issued (tenant, id)
);
CREATE INDEX status_places_credential ON status_places (tenant, credential);
CREATE INDEX status_places_set ON status_places (tenant, list, place, value) WHERE value <> 0;

-- What became of each, why, and by whom (sealed).
CREATE TABLE status_events (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant     text COLLATE "C" NOT NULL,
    credential text COLLATE "C" NOT NULL,
    action     text COLLATE "C" NOT NULL,
    at         bigint NOT NULL,
    sealed     bytea NOT NULL,
    FOREIGN KEY (tenant, credential) REFERENCES issued (tenant, id)
);
CREATE INDEX status_events_credential ON status_events (tenant, credential, seq);

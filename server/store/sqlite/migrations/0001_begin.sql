-- Times are nanoseconds since 1970, UTC. What is sealed only the key opens.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE clients (
    id         TEXT PRIMARY KEY,
    tenant     TEXT NOT NULL,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    domains    TEXT NOT NULL CHECK (json_valid(domains)),
    token      BLOB NOT NULL UNIQUE CHECK (length(token) = 32),
    created_at INTEGER NOT NULL,
    UNIQUE (tenant, name)
) STRICT;

CREATE TABLE registry_dids (
    tenant TEXT NOT NULL,
    name   TEXT NOT NULL,
    did    TEXT NOT NULL,
    PRIMARY KEY (tenant, name, did)
) STRICT, WITHOUT ROWID;
CREATE INDEX registry_dids_did ON registry_dids (tenant, did, name);

-- A name is one client's, under whatever spelling; a uri is one name's.
CREATE TABLE framework_names (
    tenant TEXT NOT NULL,
    folded TEXT NOT NULL,
    owner  TEXT NOT NULL,
    PRIMARY KEY (tenant, folded)
) STRICT, WITHOUT ROWID;

CREATE TABLE framework_uris (
    tenant TEXT NOT NULL,
    uri    TEXT NOT NULL,
    folded TEXT NOT NULL,
    PRIMARY KEY (tenant, uri),
    FOREIGN KEY (tenant, folded) REFERENCES framework_names (tenant, folded)
) STRICT, WITHOUT ROWID;

CREATE TABLE frameworks (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant       TEXT NOT NULL,
    folded       TEXT NOT NULL,
    version      TEXT NOT NULL,
    name         TEXT NOT NULL,
    uri          TEXT NOT NULL,
    digest       TEXT NOT NULL,
    media_type   TEXT NOT NULL,
    source       BLOB NOT NULL,
    public       INTEGER NOT NULL CHECK (public IN (0, 1)),
    published_at INTEGER NOT NULL,
    UNIQUE (tenant, folded, version),
    FOREIGN KEY (tenant, folded) REFERENCES framework_names (tenant, folded)
) STRICT;

CREATE TABLE challenges (
    id         TEXT PRIMARY KEY,
    tenant     TEXT NOT NULL,
    client     TEXT NOT NULL,
    opened_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'permitted', 'closed')),
    revision   INTEGER NOT NULL,
    decision   TEXT,
    decided    INTEGER NOT NULL DEFAULT 0,
    sealed     BLOB NOT NULL
) STRICT;
CREATE INDEX challenges_open ON challenges (expires_at) WHERE state = 'open';

-- Bytes and circumstances go when the challenge closes; the digest stays. What
-- the challenge asked, its sealed, is empty then.
CREATE TABLE presentations (
    challenge     TEXT NOT NULL REFERENCES challenges (id),
    id            TEXT NOT NULL,
    place         INTEGER NOT NULL,
    digest        BLOB NOT NULL CHECK (length(digest) = 32),
    media_type    TEXT NOT NULL,
    sealed        BLOB,
    circumstances BLOB,
    received_at   INTEGER NOT NULL,
    PRIMARY KEY (challenge, id)
) STRICT;

-- One decision per revision is what makes a revision decided once.
CREATE TABLE decisions (
    id           TEXT PRIMARY KEY,
    tenant       TEXT NOT NULL,
    client       TEXT NOT NULL,
    challenge    TEXT REFERENCES challenges (id),
    revision     INTEGER NOT NULL,
    evaluated_at INTEGER NOT NULL,
    permit       INTEGER NOT NULL CHECK (permit IN (0, 1)),
    answer       BLOB NOT NULL,
    body         BLOB CHECK (length(body) = 32),
    UNIQUE (challenge, revision)
) STRICT;
CREATE INDEX decisions_body ON decisions (tenant, client, body, evaluated_at) WHERE body IS NOT NULL;

CREATE TABLE triggers (
    tenant            TEXT NOT NULL,
    credential        TEXT NOT NULL,
    constraint_digest TEXT NOT NULL,
    digest            BLOB NOT NULL CHECK (length(digest) = 32),
    sealed            BLOB NOT NULL,
    PRIMARY KEY (tenant, credential, constraint_digest, digest)
) STRICT;

-- A caller's nonce, by holder, until it has expired.
CREATE TABLE nonces (
    tenant  TEXT NOT NULL,
    key     BLOB NOT NULL CHECK (length(key) = 32),
    client  TEXT NOT NULL,
    content BLOB NOT NULL CHECK (length(content) = 32),
    permit  INTEGER NOT NULL CHECK (permit IN (0, 1)),
    expires INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX nonces_expires ON nonces (expires);

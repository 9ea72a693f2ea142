-- A name of policy sets is one client's, under whatever spelling.
CREATE TABLE policyset_names (
    tenant TEXT NOT NULL,
    folded TEXT NOT NULL,
    owner  TEXT NOT NULL,
    PRIMARY KEY (tenant, folded)
) STRICT, WITHOUT ROWID;

CREATE TABLE policysets (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant       TEXT NOT NULL,
    folded       TEXT NOT NULL,
    version      TEXT NOT NULL,
    name         TEXT NOT NULL,
    digest       TEXT NOT NULL,
    source       BLOB NOT NULL,
    published_at INTEGER NOT NULL,
    UNIQUE (tenant, folded, version),
    FOREIGN KEY (tenant, folded) REFERENCES policyset_names (tenant, folded)
) STRICT;

-- What answers the wallet servers of a tenant. Each change raises the revision.
CREATE TABLE policysets_active (
    tenant   TEXT PRIMARY KEY,
    folded   TEXT NOT NULL,
    version  TEXT NOT NULL,
    revision INTEGER NOT NULL,
    FOREIGN KEY (tenant, folded, version) REFERENCES policysets (tenant, folded, version)
) STRICT, WITHOUT ROWID;

-- Subjects and resources of wallet servers; what is known of each is sealed.
CREATE TABLE entities (
    tenant TEXT NOT NULL,
    type   TEXT NOT NULL,
    id     TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (tenant, type, id)
) STRICT, WITHOUT ROWID;

-- What a search found, until its pages expire.
CREATE TABLE searches (
    tenant  TEXT NOT NULL,
    id      TEXT NOT NULL,
    expires INTEGER NOT NULL,
    sealed  BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX searches_expires ON searches (expires);

-- The server's own keys, in the order in which each followed the one before.
CREATE TABLE signing_keys (
    place      INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    signs_from INTEGER NOT NULL,
    sealed     BLOB NOT NULL
) STRICT;

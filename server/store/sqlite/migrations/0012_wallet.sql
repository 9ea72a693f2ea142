-- What the server proves passwords with, by generation, sealed.
CREATE TABLE wallet_secrets (
    generation INTEGER PRIMARY KEY,
    sealed     BLOB NOT NULL,
    begun      INTEGER NOT NULL -- nanoseconds since 1970
) STRICT;

-- Holders of wallets. The fake record, by which a name that nobody has is
-- answered, is the row of tenant '' and name ''; its id is zero.
CREATE TABLE wallet_accounts (
    tenant          TEXT NOT NULL,
    name            TEXT NOT NULL,
    id              BLOB NOT NULL CHECK (length(id) = 16),
    generation      INTEGER NOT NULL REFERENCES wallet_secrets (generation),
    profile         TEXT NOT NULL,
    record          BLOB NOT NULL CHECK (length(record) = 192),
    version         INTEGER NOT NULL, -- of the record
    root_generation INTEGER NOT NULL,
    root            BLOB NOT NULL, -- the root key, in the slot opaque
    box             BLOB NOT NULL,
    sign            BLOB NOT NULL,
    private         BLOB NOT NULL, -- sealed under the root key
    begun           INTEGER NOT NULL,
    PRIMARY KEY (tenant, name),
    UNIQUE (tenant, id)
) STRICT, WITHOUT ROWID;

-- Devices that logged in before.
CREATE TABLE wallet_devices (
    tenant  TEXT NOT NULL,
    account BLOB NOT NULL,
    id      BLOB NOT NULL CHECK (length(id) = 16),
    digest  BLOB NOT NULL CHECK (length(digest) = 32), -- of its token
    begun   INTEGER NOT NULL,
    last    INTEGER NOT NULL,
    PRIMARY KEY (tenant, account, id),
    UNIQUE (tenant, account, digest),
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Tickets that were used, until they would have expired.
CREATE TABLE wallet_tickets (
    digest  BLOB PRIMARY KEY CHECK (length(digest) = 32),
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX wallet_tickets_expires ON wallet_tickets (expires);

-- Each evaluation of a password in the last day, by keyed digest of what it was for.
CREATE TABLE wallet_guesses (
    key BLOB NOT NULL CHECK (length(key) = 32),
    at  INTEGER NOT NULL,
    id  BLOB NOT NULL CHECK (length(id) = 16),
    PRIMARY KEY (key, at, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX wallet_guesses_at ON wallet_guesses (at);

-- Sessions. What it is sealed with lies with the client.
CREATE TABLE wallet_sessions (
    digest     BLOB PRIMARY KEY CHECK (length(digest) = 32), -- SHA-256 of its name
    tenant     TEXT NOT NULL,
    account    BLOB NOT NULL,
    generation INTEGER NOT NULL REFERENCES wallet_secrets (generation),
    device     BLOB NOT NULL,
    begun      INTEGER NOT NULL,
    idle       INTEGER NOT NULL, -- when it ends unless there is a request
    until      INTEGER NOT NULL, -- when it ends
    high       INTEGER NOT NULL DEFAULT 0, -- the window of its requests' numbers
    seen       INTEGER NOT NULL DEFAULT 0,
    sealed      BLOB NOT NULL,
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX wallet_sessions_account ON wallet_sessions (tenant, account);
CREATE INDEX wallet_sessions_idle ON wallet_sessions (idle);

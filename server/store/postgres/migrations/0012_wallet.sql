-- What the server proves passwords with, by generation, sealed.
CREATE TABLE wallet_secrets (
    generation bigint PRIMARY KEY,
    sealed     bytea NOT NULL,
    begun      bigint NOT NULL -- nanoseconds since 1970
);

-- Holders of wallets. The fake record, by which a name that nobody has is
-- answered, is the row of tenant '' and name ''; its id is zero.
CREATE TABLE wallet_accounts (
    tenant          text COLLATE "C" NOT NULL,
    name            text COLLATE "C" NOT NULL,
    id              bytea NOT NULL CHECK (length(id) = 16),
    generation      bigint NOT NULL REFERENCES wallet_secrets (generation),
    profile         text COLLATE "C" NOT NULL,
    record          bytea NOT NULL CHECK (length(record) = 192),
    version         bigint NOT NULL, -- of the record
    root_generation bigint NOT NULL,
    root            bytea NOT NULL, -- the root key, in the slot opaque
    box             bytea NOT NULL,
    sign            bytea NOT NULL,
    private         bytea NOT NULL, -- sealed under the root key
    begun           bigint NOT NULL,
    PRIMARY KEY (tenant, name),
    UNIQUE (tenant, id)
);

-- Devices that logged in before.
CREATE TABLE wallet_devices (
    tenant  text COLLATE "C" NOT NULL,
    account bytea NOT NULL,
    id      bytea NOT NULL CHECK (length(id) = 16),
    digest  bytea NOT NULL CHECK (length(digest) = 32), -- of its token
    begun   bigint NOT NULL,
    last    bigint NOT NULL,
    PRIMARY KEY (tenant, account, id),
    UNIQUE (tenant, account, digest),
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
);

-- Tickets that were used, until they would have expired.
CREATE TABLE wallet_tickets (
    digest  bytea PRIMARY KEY CHECK (length(digest) = 32),
    expires bigint NOT NULL
);
CREATE INDEX wallet_tickets_expires ON wallet_tickets (expires);

-- Each evaluation of a password in the last day, by keyed digest of what it was for.
CREATE TABLE wallet_guesses (
    key bytea NOT NULL CHECK (length(key) = 32),
    at  bigint NOT NULL,
    id  bytea NOT NULL CHECK (length(id) = 16),
    PRIMARY KEY (key, at, id)
);
CREATE INDEX wallet_guesses_at ON wallet_guesses (at);

-- Sessions. What it is sealed with lies with the client.
CREATE TABLE wallet_sessions (
    digest     bytea PRIMARY KEY CHECK (length(digest) = 32), -- SHA-256 of its name
    tenant     text COLLATE "C" NOT NULL,
    account    bytea NOT NULL,
    generation bigint NOT NULL REFERENCES wallet_secrets (generation),
    device     bytea NOT NULL,
    begun      bigint NOT NULL,
    idle       bigint NOT NULL, -- when it ends unless there is a request
    until      bigint NOT NULL, -- when it ends
    high       bigint NOT NULL DEFAULT 0, -- the window of its requests' numbers
    seen       bigint NOT NULL DEFAULT 0,
    sealed      bytea NOT NULL,
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
);
CREATE INDEX wallet_sessions_account ON wallet_sessions (tenant, account);
CREATE INDEX wallet_sessions_idle ON wallet_sessions (idle);

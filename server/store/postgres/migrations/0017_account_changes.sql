-- Passwords proved again by a session, each for one request of it.
CREATE TABLE wallet_stepups (
    session bytea NOT NULL REFERENCES wallet_sessions (digest) ON DELETE CASCADE,
    action  bytea NOT NULL CHECK (length(action) = 32), -- digest of the request
    until   bigint NOT NULL,
    PRIMARY KEY (session, action)
);

-- Slots that a recovery code opens, and whether somebody who has it began.
CREATE TABLE wallet_recoveries (
    tenant          text COLLATE "C" NOT NULL,
    account         bytea NOT NULL,
    root_generation bigint NOT NULL,
    root            bytea NOT NULL,
    proof           bytea NOT NULL CHECK (length(proof) = 32),
    begun           bigint, -- null: nobody did
    PRIMARY KEY (tenant, account),
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
);

-- What holders call their devices, sealed.
ALTER TABLE wallet_devices ADD COLUMN label bytea;

-- Names of accounts that were deleted, which nobody can register until then.
CREATE TABLE wallet_blocked (
    tenant text COLLATE "C" NOT NULL,
    name   text COLLATE "C" NOT NULL,
    until  bigint NOT NULL,
    PRIMARY KEY (tenant, name)
);

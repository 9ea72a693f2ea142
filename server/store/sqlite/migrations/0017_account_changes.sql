-- Passwords proved again by a session, each for one request of it.
CREATE TABLE wallet_stepups (
    session BLOB NOT NULL REFERENCES wallet_sessions (digest) ON DELETE CASCADE,
    action  BLOB NOT NULL CHECK (length(action) = 32), -- digest of the request
    until   INTEGER NOT NULL,
    PRIMARY KEY (session, action)
) STRICT, WITHOUT ROWID;

-- Slots that a recovery code opens, and whether somebody who has it began.
CREATE TABLE wallet_recoveries (
    tenant          TEXT NOT NULL,
    account         BLOB NOT NULL,
    root_generation INTEGER NOT NULL,
    root            BLOB NOT NULL,
    proof           BLOB NOT NULL CHECK (length(proof) = 32),
    begun           INTEGER, -- null: nobody did
    PRIMARY KEY (tenant, account),
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What holders call their devices, sealed.
ALTER TABLE wallet_devices ADD COLUMN label BLOB;

-- Names of accounts that were deleted, which nobody can register until then.
CREATE TABLE wallet_blocked (
    tenant TEXT NOT NULL,
    name   TEXT NOT NULL,
    until  INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

-- Since when an account is suspended (null: it is not), and when an administrator
-- last lifted the delay of its tries.
ALTER TABLE wallet_accounts ADD COLUMN suspended INTEGER;
ALTER TABLE wallet_accounts ADD COLUMN lifted INTEGER NOT NULL DEFAULT 0;

-- Of what an administrator did, which client that is; and which partition an entry is about.
ALTER TABLE wallet_audit ADD COLUMN admin TEXT;
ALTER TABLE wallet_audit ADD COLUMN part BLOB;

-- Custodial partitions into which two administrators look: until it is approved
-- until when it can be, then until when it lasts.
CREATE TABLE wallet_inspections (
    tenant   TEXT NOT NULL,
    account  BLOB NOT NULL,
    id       BLOB NOT NULL CHECK (length(id) = 16),
    part     BLOB NOT NULL,
    asked_by TEXT NOT NULL,
    asked    INTEGER NOT NULL,
    approved TEXT CHECK (approved <> asked_by), -- by whom; null: nobody did
    until    INTEGER NOT NULL,
    PRIMARY KEY (tenant, account, id),
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX wallet_inspections_until ON wallet_inspections (until);

-- What administrators did, also in accounts that there are no more. told: the
-- account's owner is shown it. sealed: why.
CREATE TABLE wallet_admin_acts (
    n       INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant  TEXT NOT NULL,
    account BLOB NOT NULL,
    at      INTEGER NOT NULL,
    admin   TEXT NOT NULL,
    action  TEXT NOT NULL,
    part    BLOB,
    request TEXT NOT NULL,
    result  TEXT NOT NULL,
    told    INTEGER NOT NULL CHECK (told IN (0, 1)),
    sealed  BLOB
) STRICT;
CREATE INDEX wallet_admin_acts_tenant ON wallet_admin_acts (tenant, n);
CREATE INDEX wallet_admin_acts_told ON wallet_admin_acts (tenant, account, n) WHERE told = 1;

-- Since when an account is suspended (null: it is not), and when an administrator
-- last lifted the delay of its tries.
ALTER TABLE wallet_accounts ADD COLUMN suspended bigint;
ALTER TABLE wallet_accounts ADD COLUMN lifted bigint NOT NULL DEFAULT 0;

-- Of what an administrator did, which client that is; and which partition an entry is about.
ALTER TABLE wallet_audit ADD COLUMN admin text COLLATE "C";
ALTER TABLE wallet_audit ADD COLUMN part bytea;

-- Custodial partitions into which two administrators look: until it is approved
-- until when it can be, then until when it lasts.
CREATE TABLE wallet_inspections (
    tenant   text COLLATE "C" NOT NULL,
    account  bytea NOT NULL,
    id       bytea NOT NULL CHECK (octet_length(id) = 16),
    part     bytea NOT NULL,
    asked_by text COLLATE "C" NOT NULL,
    asked    bigint NOT NULL,
    approved text COLLATE "C" CHECK (approved <> asked_by), -- by whom; null: nobody did
    until    bigint NOT NULL,
    PRIMARY KEY (tenant, account, id),
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
);
CREATE INDEX wallet_inspections_until ON wallet_inspections (until);

-- What administrators did, also in accounts that there are no more. told: the
-- account's owner is shown it. sealed: why.
CREATE TABLE wallet_admin_acts (
    n       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant  text COLLATE "C" NOT NULL,
    account bytea NOT NULL,
    at      bigint NOT NULL,
    admin   text COLLATE "C" NOT NULL,
    action  text COLLATE "C" NOT NULL,
    part    bytea,
    request text COLLATE "C" NOT NULL,
    result  text COLLATE "C" NOT NULL,
    told    boolean NOT NULL,
    sealed  bytea
);
CREATE INDEX wallet_admin_acts_tenant ON wallet_admin_acts (tenant, n);
CREATE INDEX wallet_admin_acts_told ON wallet_admin_acts (tenant, account, n) WHERE told;

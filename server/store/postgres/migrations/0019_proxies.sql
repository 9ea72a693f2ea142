-- Those for whom an account keeps partitions. sealed: who, and what their proxies may do.
CREATE TABLE wallet_represented (
    tenant  text COLLATE "C" NOT NULL,
    account bytea NOT NULL,
    id      bytea NOT NULL CHECK (length(id) = 16),
    version bigint NOT NULL,
    sealed  bytea NOT NULL,
    begun   bigint NOT NULL,
    PRIMARY KEY (tenant, account, id),
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
);

-- Sessions that act in another account, by a proxy decision. What it was taken on
-- is sealed with what lies with the session's client.
CREATE TABLE wallet_proxies (
    session     bytea NOT NULL REFERENCES wallet_sessions (digest) ON DELETE CASCADE,
    tenant      text COLLATE "C" NOT NULL,
    account     bytea NOT NULL, -- in which it acts
    represented bytea NOT NULL,
    id          bytea NOT NULL CHECK (length(id) = 16),
    begun       bigint NOT NULL,
    until       bigint NOT NULL,
    sealed      bytea NOT NULL,
    PRIMARY KEY (session, account),
    FOREIGN KEY (tenant, account, represented) REFERENCES wallet_represented (tenant, account, id) ON DELETE CASCADE
);
CREATE INDEX wallet_proxies_represented ON wallet_proxies (tenant, account, represented);
CREATE INDEX wallet_proxies_until ON wallet_proxies (until);

-- Of what a proxy did: who, in the wallet's account; in whose wallet, in the
-- proxy's; and the decision by which it was permitted.
ALTER TABLE wallet_audit ADD COLUMN by_account bytea;
ALTER TABLE wallet_audit ADD COLUMN in_account bytea;
ALTER TABLE wallet_audit ADD COLUMN decision text;

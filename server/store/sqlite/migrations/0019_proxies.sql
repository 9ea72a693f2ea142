-- Those for whom an account keeps partitions. sealed: who, and what their proxies may do.
CREATE TABLE wallet_represented (
    tenant  TEXT NOT NULL,
    account BLOB NOT NULL,
    id      BLOB NOT NULL CHECK (length(id) = 16),
    version INTEGER NOT NULL,
    sealed  BLOB NOT NULL,
    begun   INTEGER NOT NULL,
    PRIMARY KEY (tenant, account, id),
    FOREIGN KEY (tenant, account) REFERENCES wallet_accounts (tenant, id) ON DELETE CASCADE
) STRICT;

-- Sessions that act in another account, by a proxy decision. What it was taken on
-- is sealed with what lies with the session's client.
CREATE TABLE wallet_proxies (
    session     BLOB NOT NULL REFERENCES wallet_sessions (digest) ON DELETE CASCADE,
    tenant      TEXT NOT NULL,
    account     BLOB NOT NULL, -- in which it acts
    represented BLOB NOT NULL,
    id          BLOB NOT NULL CHECK (length(id) = 16),
    begun       INTEGER NOT NULL,
    until       INTEGER NOT NULL,
    sealed      BLOB NOT NULL,
    PRIMARY KEY (session, account),
    FOREIGN KEY (tenant, account, represented) REFERENCES wallet_represented (tenant, account, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX wallet_proxies_represented ON wallet_proxies (tenant, account, represented);
CREATE INDEX wallet_proxies_until ON wallet_proxies (until);

-- Of what a proxy did: who, in the wallet's account; in whose wallet, in the
-- proxy's; and the decision by which it was permitted.
ALTER TABLE wallet_audit ADD COLUMN by_account BLOB;
ALTER TABLE wallet_audit ADD COLUMN in_account BLOB;
ALTER TABLE wallet_audit ADD COLUMN decision TEXT;

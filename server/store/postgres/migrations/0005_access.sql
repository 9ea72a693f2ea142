-- A name of policy sets is one client's, under whatever spelling.
CREATE TABLE policyset_names (
    tenant text COLLATE "C" NOT NULL,
    folded text COLLATE "C" NOT NULL,
    owner  text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, folded)
);

CREATE TABLE policysets (
    seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant       text COLLATE "C" NOT NULL,
    folded       text COLLATE "C" NOT NULL,
    version      text COLLATE "C" NOT NULL,
    name         text COLLATE "C" NOT NULL,
    digest       text COLLATE "C" NOT NULL,
    source       bytea NOT NULL,
    published_at bigint NOT NULL,
    UNIQUE (tenant, folded, version),
    FOREIGN KEY (tenant, folded) REFERENCES policyset_names (tenant, folded)
);

-- What answers the wallet servers of a tenant. Each change raises the revision.
CREATE TABLE policysets_active (
    tenant   text COLLATE "C" PRIMARY KEY,
    folded   text COLLATE "C" NOT NULL,
    version  text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    FOREIGN KEY (tenant, folded, version) REFERENCES policysets (tenant, folded, version)
);

-- Subjects and resources of wallet servers; what is known of each is sealed.
CREATE TABLE entities (
    tenant text COLLATE "C" NOT NULL,
    type   text COLLATE "C" NOT NULL,
    id     text COLLATE "C" NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (tenant, type, id)
);

-- What a search found, until its pages expire.
CREATE TABLE searches (
    tenant  text COLLATE "C" NOT NULL,
    id      text COLLATE "C" NOT NULL,
    expires bigint NOT NULL,
    sealed  bytea NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX searches_expires ON searches (expires);

-- The server's own keys, in the order in which each followed the one before.
CREATE TABLE signing_keys (
    place      bigint PRIMARY KEY,
    id         text COLLATE "C" NOT NULL UNIQUE,
    signs_from bigint NOT NULL,
    sealed     bytea NOT NULL
);

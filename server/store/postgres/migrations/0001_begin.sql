-- Times are nanoseconds since 1970, UTC. What is sealed only the key opens.

CREATE TABLE meta (
    name  text COLLATE "C" PRIMARY KEY,
    value bytea NOT NULL
);

CREATE TABLE clients (
    id         text COLLATE "C" PRIMARY KEY,
    tenant     text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    role       text COLLATE "C" NOT NULL,
    domains    text[] NOT NULL,
    token      bytea NOT NULL UNIQUE CHECK (length(token) = 32),
    created_at bigint NOT NULL,
    UNIQUE (tenant, name)
);

CREATE TABLE registry_dids (
    tenant text COLLATE "C" NOT NULL,
    name   text COLLATE "C" NOT NULL,
    did    text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, name, did)
);
CREATE INDEX registry_dids_did ON registry_dids (tenant, did, name);

-- A name is one client's, under whatever spelling; a uri is one name's.
CREATE TABLE framework_names (
    tenant text COLLATE "C" NOT NULL,
    folded text COLLATE "C" NOT NULL,
    owner  text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, folded)
);

CREATE TABLE framework_uris (
    tenant text COLLATE "C" NOT NULL,
    uri    text COLLATE "C" NOT NULL,
    folded text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, uri),
    FOREIGN KEY (tenant, folded) REFERENCES framework_names (tenant, folded)
);

CREATE TABLE frameworks (
    seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant       text COLLATE "C" NOT NULL,
    folded       text COLLATE "C" NOT NULL,
    version      text COLLATE "C" NOT NULL,
    name         text COLLATE "C" NOT NULL,
    uri          text COLLATE "C" NOT NULL,
    digest       text COLLATE "C" NOT NULL,
    media_type   text COLLATE "C" NOT NULL,
    source       bytea NOT NULL,
    public       boolean NOT NULL,
    published_at bigint NOT NULL,
    UNIQUE (tenant, folded, version),
    FOREIGN KEY (tenant, folded) REFERENCES framework_names (tenant, folded)
);

CREATE TABLE challenges (
    id         text COLLATE "C" PRIMARY KEY,
    tenant     text COLLATE "C" NOT NULL,
    client     text COLLATE "C" NOT NULL,
    opened_at  bigint NOT NULL,
    expires_at bigint NOT NULL,
    state      text COLLATE "C" NOT NULL CHECK (state IN ('open', 'permitted', 'closed')),
    revision   integer NOT NULL,
    decision   text COLLATE "C",
    decided    integer NOT NULL DEFAULT 0,
    sealed     bytea NOT NULL
);
CREATE INDEX challenges_open ON challenges (expires_at) WHERE state = 'open';

-- Bytes and circumstances go when the challenge closes; the digest stays. What
-- the challenge asked, its sealed, is empty then.
CREATE TABLE presentations (
    challenge     text COLLATE "C" NOT NULL REFERENCES challenges (id),
    id            text COLLATE "C" NOT NULL,
    place         integer NOT NULL,
    digest        bytea NOT NULL CHECK (length(digest) = 32),
    media_type    text COLLATE "C" NOT NULL,
    sealed        bytea,
    circumstances bytea,
    received_at   bigint NOT NULL,
    PRIMARY KEY (challenge, id)
);

-- One decision per revision is what makes a revision decided once.
CREATE TABLE decisions (
    id           text COLLATE "C" PRIMARY KEY,
    tenant       text COLLATE "C" NOT NULL,
    client       text COLLATE "C" NOT NULL,
    challenge    text COLLATE "C" REFERENCES challenges (id),
    revision     integer NOT NULL,
    evaluated_at bigint NOT NULL,
    permit       boolean NOT NULL,
    answer       bytea NOT NULL,
    body         bytea CHECK (length(body) = 32),
    UNIQUE (challenge, revision)
);
CREATE INDEX decisions_body ON decisions (tenant, client, body, evaluated_at) WHERE body IS NOT NULL;

CREATE TABLE triggers (
    tenant            text COLLATE "C" NOT NULL,
    credential        text COLLATE "C" NOT NULL,
    constraint_digest text COLLATE "C" NOT NULL,
    digest            bytea NOT NULL CHECK (length(digest) = 32),
    sealed            bytea NOT NULL,
    PRIMARY KEY (tenant, credential, constraint_digest, digest)
);

-- A caller's nonce, by holder, until it has expired.
CREATE TABLE nonces (
    tenant  text COLLATE "C" NOT NULL,
    key     bytea NOT NULL CHECK (length(key) = 32),
    client  text COLLATE "C" NOT NULL,
    content bytea NOT NULL CHECK (length(content) = 32),
    permit  boolean NOT NULL,
    expires bigint NOT NULL,
    PRIMARY KEY (tenant, key)
);
CREATE INDEX nonces_expires ON nonces (expires);

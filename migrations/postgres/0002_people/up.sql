-- People, and what they sign in with. Times are unix milliseconds, ids texts, digests 32 bytes.
CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    -- As typed; email_key is its lower-case form, by which it is found.
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    name TEXT NOT NULL,
    -- argon2id, in the PHC form. Null until the person has chosen a password.
    password_hash TEXT,
    role TEXT NOT NULL CHECK (role IN ('admin', 'member')),
    created_at BIGINT NOT NULL,
    disabled_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX users_email_key ON users (email_key);
CREATE INDEX users_list ON users (created_at, id);

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    digest BYTEA NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ip TEXT,
    user_agent TEXT
);
CREATE UNIQUE INDEX sessions_digest ON sessions (digest);
CREATE INDEX sessions_list ON sessions (user_id, created_at, id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE sign_in_links (
    digest BYTEA NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX sign_in_links_user ON sign_in_links (user_id);

CREATE TABLE management_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    digest BYTEA NOT NULL,
    pepper_version INTEGER NOT NULL,
    hint TEXT NOT NULL,
    -- A JSON list of permissions.
    permissions TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX management_tokens_digest ON management_tokens (digest);
CREATE INDEX management_tokens_list ON management_tokens (user_id, created_at, id);

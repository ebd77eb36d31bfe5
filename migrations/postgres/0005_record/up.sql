CREATE TABLE idempotency (
    principal TEXT NOT NULL,
    key TEXT NOT NULL,
    request_digest BYTEA NOT NULL,
    status INTEGER NOT NULL,
    -- The answer, where it holds no secret.
    body TEXT,
    -- What was made, where the answer held a secret.
    shown_id TEXT,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_expiry ON idempotency (expires_at);

-- Each row's hash covers the row and the hash before it, so that a changed or missing row shows.
CREATE TABLE audit_events (
    sequence BIGINT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT,
    -- No foreign key: the log says what was said, whatever becomes of the rest.
    project_id TEXT,
    -- A JSON object of texts.
    details TEXT NOT NULL,
    ip TEXT,
    previous_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL
);
CREATE UNIQUE INDEX audit_events_id ON audit_events (id);
CREATE INDEX audit_events_project ON audit_events (project_id, sequence);

CREATE TABLE keys (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    description TEXT NOT NULL,
    -- The form in which descriptions are compared (types::guidance::normal_description).
    normal_description TEXT NOT NULL,
    -- Lower-case description and the hints of all secrets, for searching.
    search TEXT NOT NULL,
    environment TEXT NOT NULL CHECK (environment IN ('production', 'staging', 'development', 'none')),
    created_by TEXT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    disabled_at BIGINT,
    revoked_at BIGINT,
    revoked_by TEXT REFERENCES users (id),
    revoke_reason TEXT,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX keys_list ON keys (project_id, created_at, id);
-- The list that is shown by default, whatever the number of revoked keys.
CREATE INDEX keys_list_live ON keys (project_id, created_at, id) WHERE revoked_at IS NULL;
CREATE INDEX keys_created_by ON keys (created_by);
CREATE INDEX keys_normal_description ON keys (project_id, normal_description) WHERE revoked_at IS NULL;

CREATE TABLE key_secrets (
    id TEXT NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL REFERENCES keys (id),
    -- HMAC-SHA256 of the secret under the pepper of this version.
    digest BYTEA NOT NULL,
    pepper_version INTEGER NOT NULL,
    hint TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- The planned end of the overlap.
    retires_at BIGINT,
    -- Its real end, where somebody ended it earlier.
    retired_at BIGINT
);
CREATE UNIQUE INDEX key_secrets_digest ON key_secrets (digest);
CREATE INDEX key_secrets_key ON key_secrets (key_id, created_at, id);

-- Apart from keys and key_secrets, so that noting a use never writes a row that a revoke needs.
CREATE TABLE key_activity (
    secret_id TEXT NOT NULL PRIMARY KEY REFERENCES key_secrets (id),
    key_id TEXT NOT NULL REFERENCES keys (id),
    first_used_at BIGINT NOT NULL,
    first_via TEXT NOT NULL,
    first_client TEXT,
    last_used_at BIGINT NOT NULL,
    last_via TEXT NOT NULL,
    last_client TEXT,
    last_ip TEXT
);
CREATE INDEX key_activity_key ON key_activity (key_id);

CREATE TABLE key_usage (
    key_id TEXT NOT NULL REFERENCES keys (id),
    -- The beginning of the hour.
    hour BIGINT NOT NULL,
    project_id TEXT NOT NULL REFERENCES projects (id),
    accepted BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    via_header BIGINT NOT NULL,
    via_url BIGINT NOT NULL,
    via_verify BIGINT NOT NULL,
    PRIMARY KEY (key_id, hour)
);
CREATE INDEX key_usage_project ON key_usage (project_id, hour);

CREATE TABLE receipts (
    id TEXT NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL REFERENCES keys (id),
    project_id TEXT NOT NULL REFERENCES projects (id),
    kind TEXT NOT NULL CHECK (kind IN ('revoke', 'overlap_end')),
    -- The secret whose overlap ended.
    secret_id TEXT REFERENCES key_secrets (id),
    revoked_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    nodes_live INTEGER NOT NULL,
    nodes_acknowledged INTEGER NOT NULL,
    -- Null until the streams have been closed.
    streams_closed INTEGER
);
CREATE UNIQUE INDEX receipts_revoke ON receipts (key_id) WHERE kind = 'revoke';
CREATE UNIQUE INDEX receipts_overlap_end ON receipts (secret_id) WHERE kind = 'overlap_end';
CREATE INDEX receipts_project ON receipts (project_id, reason);
CREATE INDEX receipts_key ON receipts (key_id);

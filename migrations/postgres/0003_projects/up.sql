CREATE TABLE projects (
    id TEXT NOT NULL PRIMARY KEY,
    -- Projects are archived and never deleted, so a slug is never used again.
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    -- Lower-case name and slug, for searching.
    search TEXT NOT NULL,
    -- JSON of types::project::Backend.
    backend TEXT NOT NULL DEFAULT '{"kind":"memory"}',
    -- Encrypted JSON; null where none are configured.
    upstream_headers BYTEA,
    allow_key_in_url BOOLEAN NOT NULL,
    -- A JSON list of origins.
    allowed_origins TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    archived_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX projects_slug ON projects (slug);
CREATE INDEX projects_list ON projects (created_at, id);

CREATE TABLE project_members (
    project_id TEXT NOT NULL REFERENCES projects (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN ('owner', 'editor', 'viewer')),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, user_id)
);
CREATE INDEX project_members_user ON project_members (user_id);

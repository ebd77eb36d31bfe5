-- The master keys that this database was ever used with. From now on instance.master_check is only for a program
-- that looks at a database before it brings it to this form.
CREATE TABLE master_keys (
    -- Derived from the master key: it is recognised by this, and this opens nothing.
    check_value BLOB NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    -- Since when nothing needs it any more.
    retired_at BIGINT
);
CREATE UNIQUE INDEX master_keys_version ON master_keys (version);
INSERT INTO master_keys (check_value, version, created_at) SELECT master_check, 1, created_at FROM instance;

-- The version of the master key that made the event's hash.
ALTER TABLE audit_events ADD COLUMN key_version INTEGER NOT NULL DEFAULT 1;

-- What this database is: one row.
CREATE TABLE instance (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    -- Derived from the master key: another master key is noticed before it does harm.
    master_check BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    -- The node that serves, or that ended without saying so.
    serving TEXT
);

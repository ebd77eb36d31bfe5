-- Second factors at sign-in: one for each person, begun and then confirmed with a code of the app.
CREATE TABLE second_factors (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id),
    -- The secret that the app shares with the server, sealed and bound to the person.
    sealed_secret BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    -- Null until the first code came; only then does signing in ask for one.
    confirmed_at BIGINT,
    -- The time step of the last code that was accepted: a code works once, and none before it.
    last_step BIGINT NOT NULL DEFAULT 0
);

-- For a lost app. Each works once.
CREATE TABLE recovery_codes (
    digest BYTEA NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    used_at BIGINT
);
CREATE INDEX recovery_codes_user ON recovery_codes (user_id);

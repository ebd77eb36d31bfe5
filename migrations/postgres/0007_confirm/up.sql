-- When the person last proved with their password that they are at this browser: at sign-in, or when asked again.
-- Sessions of before have to be confirmed first.
ALTER TABLE sessions ADD COLUMN confirmed_at BIGINT NOT NULL DEFAULT 0;

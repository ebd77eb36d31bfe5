-- What the built-in memory server keeps. Memories are made and deleted, never changed.
CREATE TABLE memories (
    id TEXT NOT NULL PRIMARY KEY,
    -- The order in which they were made; SQLite's search index needs such a number.
    sequence BIGINT NOT NULL,
    project_id TEXT NOT NULL REFERENCES projects (id),
    key_id TEXT NOT NULL REFERENCES keys (id),
    text TEXT NOT NULL,
    -- A JSON list of tags.
    tags TEXT NOT NULL,
    -- What a search finds besides the text: tags, words without accents, characters of scripts without spaces.
    words TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- 'simple' takes words as they are: which language a memory is in, nobody knows. Without punctuation the parser
    -- finds words only, not hosts, paths or e-mail addresses that their parts would not find.
    search TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple', translate(
        text || ' ' || words, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', '                                '
    ))) STORED
);
CREATE UNIQUE INDEX memories_sequence ON memories (sequence);
CREATE INDEX memories_list ON memories (project_id, created_at, id);
CREATE INDEX memories_search ON memories USING gin (search);

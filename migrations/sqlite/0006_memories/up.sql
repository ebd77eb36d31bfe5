-- What the built-in memory server keeps. Memories are made and deleted, never changed.
CREATE TABLE memories (
    id TEXT NOT NULL PRIMARY KEY,
    -- Ties the row to its entry in the search index. SQLite's own rowid won't do: VACUUM may change it.
    sequence BIGINT NOT NULL,
    project_id TEXT NOT NULL REFERENCES projects (id),
    key_id TEXT NOT NULL REFERENCES keys (id),
    text TEXT NOT NULL,
    -- A JSON list of tags.
    tags TEXT NOT NULL,
    -- What a search finds besides the text: tags, words without accents, characters of scripts without spaces.
    words TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX memories_sequence ON memories (sequence);
CREATE INDEX memories_list ON memories (project_id, created_at, id);

-- The search index. It keeps no text of its own; the triggers keep it in step.
CREATE VIRTUAL TABLE memories_search USING fts5 (
    project_id, text, words,
    content = 'memories', content_rowid = 'sequence', tokenize = 'unicode61 remove_diacritics 0'
);
CREATE TRIGGER memories_search_insert AFTER INSERT ON memories BEGIN
    INSERT INTO memories_search (rowid, project_id, text, words)
    VALUES (new.sequence, new.project_id, new.text, new.words);
END;
CREATE TRIGGER memories_search_delete AFTER DELETE ON memories BEGIN
    INSERT INTO memories_search (memories_search, rowid, project_id, text, words)
    VALUES ('delete', old.sequence, old.project_id, old.text, old.words);
END;
CREATE TRIGGER memories_search_update BEFORE UPDATE ON memories BEGIN
    SELECT RAISE(ABORT, 'memories are never changed');
END;

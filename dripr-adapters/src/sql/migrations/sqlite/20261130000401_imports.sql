-- Contacts that come as files.

-- How far each import is.
CREATE TABLE imports (
    id         TEXT PRIMARY KEY NOT NULL,
    user_id    TEXT NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    run        INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    state      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX imports_by_user ON imports (user_id, id);
CREATE INDEX imports_by_age ON imports (created_at);

-- What is to be told of their rows.
CREATE TABLE import_lines (
    import_id  TEXT NOT NULL REFERENCES imports (id),
    run        INTEGER NOT NULL,
    line       INTEGER NOT NULL,
    fate       TEXT NOT NULL,
    state      TEXT NOT NULL,
    PRIMARY KEY (import_id, run, line)
) STRICT, WITHOUT ROWID;

CREATE INDEX import_lines_by_fate ON import_lines (import_id, run, fate, line);

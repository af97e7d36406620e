-- What alerts have come to.
CREATE TABLE alarms (
    name    TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    state   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

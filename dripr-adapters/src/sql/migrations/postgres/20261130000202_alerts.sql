-- What alerts have come to.
CREATE TABLE alarms (
    name    TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    state   TEXT NOT NULL
);

-- For queues that are elsewhere, and for how fast providers may be called.

-- Events that no queue has got yet; `visible_at` is when a relay may take them in hand.
CREATE TABLE outbox (
    event      INTEGER PRIMARY KEY NOT NULL REFERENCES campaign_events (seq),
    visible_at INTEGER NOT NULL
) STRICT;

-- When an API's bucket of calls was empty, in microseconds since 1970.
CREATE TABLE rate_limits (
    api_name TEXT PRIMARY KEY NOT NULL,
    empty_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

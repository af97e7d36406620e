-- Campaigns, their emails and what belongs to them, and the queues, in one file: a change and its events are one
-- transaction.
--
-- Instants are whole microseconds since 1970 in UTC (INTEGER), so that ranges are scanned in an index; days are
-- YYYY-MM-DD. A `state` column holds, as JSON, what no decision in SQL looks at. Where a column and the JSON both have
-- a value, the column counts: other programs write columns.

CREATE TABLE users (
    id                  TEXT PRIMARY KEY NOT NULL,
    subscription_status TEXT NOT NULL,
    managed_client_id   TEXT,
    created_at          INTEGER NOT NULL,
    deleted_at          INTEGER,
    version             INTEGER NOT NULL,
    state               TEXT NOT NULL
) STRICT;

CREATE TABLE contacts (
    id          TEXT PRIMARY KEY NOT NULL,
    user_id     TEXT NOT NULL REFERENCES users (id),
    address_key TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    deleted_at  INTEGER,
    state       TEXT NOT NULL
) STRICT;

-- One person is one contact of an agent, however often imported.
CREATE UNIQUE INDEX contacts_one_per_address ON contacts (user_id, address_key) WHERE deleted_at IS NULL;

CREATE TABLE campaigns (
    id                          TEXT PRIMARY KEY NOT NULL,
    user_id                     TEXT NOT NULL REFERENCES users (id),
    contact_id                  TEXT NOT NULL REFERENCES contacts (id),
    address_key                 TEXT NOT NULL,
    home_key                    TEXT NOT NULL,
    home                        TEXT,
    zip_code                    TEXT NOT NULL,
    campaign_status             TEXT NOT NULL,
    property_status             TEXT NOT NULL,
    active_listing_status       TEXT NOT NULL,
    recent_sale_status          TEXT NOT NULL,
    local_market_data_status    TEXT NOT NULL,
    intro_status                TEXT NOT NULL,
    home_report_analysis_status TEXT NOT NULL,
    email_creation_status       TEXT NOT NULL,
    fixed_send_day              INTEGER NOT NULL,
    last_scheduled_send_date    TEXT,
    last_sent_email_datetime    INTEGER,
    check_before_sending        INTEGER NOT NULL,
    no_address_newsletter       INTEGER NOT NULL,
    enabled                     INTEGER NOT NULL,
    email_id                    TEXT,
    created_at                  INTEGER NOT NULL,
    deleted_at                  INTEGER,
    version                     INTEGER NOT NULL,
    due_at                      INTEGER,
    state                       TEXT NOT NULL
) STRICT;

-- A recipient gets one email a month per home from an agent.
CREATE UNIQUE INDEX campaigns_one_live_per_home ON campaigns (user_id, address_key, home_key)
    WHERE deleted_at IS NULL;
-- Removed twins, whose last sending a new campaign inherits, and all campaigns to one address.
CREATE INDEX campaigns_by_address ON campaigns (user_id, address_key, home_key);
-- What is due is one range scan; campaigns that nothing but somebody's doing can move are not in it.
CREATE INDEX campaigns_due ON campaigns (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX campaigns_by_status ON campaigns (campaign_status, id) WHERE deleted_at IS NULL;

CREATE TABLE emails (
    id                      TEXT PRIMARY KEY NOT NULL,
    campaign_id             TEXT NOT NULL REFERENCES campaigns (id),
    user_id                 TEXT NOT NULL,
    cycle                   TEXT NOT NULL,
    status                  TEXT NOT NULL,
    delivery_status         TEXT NOT NULL,
    approved                INTEGER NOT NULL,
    scheduled_send_datetime INTEGER NOT NULL,
    created_at              INTEGER NOT NULL,
    state                   TEXT NOT NULL
) STRICT;

-- At most one email of a cycle is on its way or went: whatever the code above believes.
CREATE UNIQUE INDEX emails_one_per_cycle ON emails (campaign_id, cycle)
    WHERE delivery_status NOT IN ('REJECTED', 'SUPERSEDED', 'EXPIRED');
CREATE INDEX emails_by_status ON emails (delivery_status, id);

-- What emails of one agent to one neighbourhood have in common, compressed: the dictionary of their texts.
CREATE TABLE message_bases (
    id   TEXT PRIMARY KEY NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- What an email says: HTML and plain text, one after the other, compressed against a base.
CREATE TABLE email_messages (
    email_id     TEXT PRIMARY KEY NOT NULL REFERENCES emails (id),
    base_id      TEXT REFERENCES message_bases (id),
    from_name    TEXT NOT NULL,
    from_address TEXT NOT NULL,
    to_name      TEXT NOT NULL,
    to_address   TEXT NOT NULL,
    subject      TEXT NOT NULL,
    opt_out_link TEXT,
    html_length  INTEGER NOT NULL,
    text_length  INTEGER NOT NULL,
    body         BLOB NOT NULL
) STRICT;

-- What operations brought for one campaign and cycle.
CREATE TABLE cycle_content (
    campaign_id TEXT NOT NULL REFERENCES campaigns (id),
    cycle       TEXT NOT NULL,
    operation   TEXT NOT NULL,
    state       TEXT NOT NULL,
    PRIMARY KEY (campaign_id, cycle, operation)
) STRICT;

-- What an area shares for a day. A row without `state` is a fetch under way, or one given up.
CREATE TABLE area_content (
    kind         TEXT NOT NULL,
    user_id      TEXT NOT NULL,
    zip_code     TEXT NOT NULL,
    day          TEXT NOT NULL,
    fence        INTEGER NOT NULL,
    leased_until INTEGER,
    state        TEXT,
    PRIMARY KEY (kind, user_id, zip_code, day)
) STRICT;

-- Addresses that an agent must not write to.
CREATE TABLE suppressions (
    user_id     TEXT NOT NULL,
    address_key TEXT NOT NULL,
    address     TEXT NOT NULL,
    cause       TEXT NOT NULL,
    since       INTEGER NOT NULL,
    state       TEXT NOT NULL,
    PRIMARY KEY (user_id, address_key)
) STRICT, WITHOUT ROWID;

-- What happened, append-only.
CREATE TABLE audit (
    id          INTEGER PRIMARY KEY,
    campaign_id TEXT,
    user_id     TEXT NOT NULL,
    at          INTEGER NOT NULL,
    what        TEXT NOT NULL,
    state       TEXT NOT NULL
) STRICT;

CREATE INDEX audit_by_campaign ON audit (campaign_id, id);

-- Every event that was ever announced, once, written with the change it announces.
CREATE TABLE campaign_events (
    seq      INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    payload  TEXT NOT NULL
) STRICT;

-- One row for each queue that an event wakes, until it is handled. Numbers are never used twice, so that an old
-- receipt cannot name a newer delivery.
CREATE TABLE queue_deliveries (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    queue         TEXT NOT NULL,
    event         INTEGER NOT NULL REFERENCES campaign_events (seq),
    visible_at    INTEGER NOT NULL,
    receive_count INTEGER NOT NULL DEFAULT 0,
    fence         INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX queue_deliveries_visible ON queue_deliveries (queue, visible_at, id);

-- Deliveries that can never be handled, with the cause, for people to see.
CREATE TABLE dead_letters (
    id            INTEGER PRIMARY KEY,
    queue         TEXT NOT NULL,
    event         INTEGER NOT NULL REFERENCES campaign_events (seq),
    receive_count INTEGER NOT NULL,
    parked_at     INTEGER NOT NULL,
    cause         TEXT NOT NULL
) STRICT;

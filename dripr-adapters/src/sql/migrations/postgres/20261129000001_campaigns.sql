-- Campaigns, their emails and what belongs to them, and the queues or the outbox: a change and its events are one
-- transaction.
--
-- Instants are whole microseconds since 1970 in UTC, so that ranges are scanned in an index; days are YYYY-MM-DD. A `state`
-- column holds, as JSON, what no decision in SQL looks at. Where a column and the JSON both have a value, the column counts:
-- other programs write columns.

CREATE TABLE users (
    id                  TEXT PRIMARY KEY,
    subscription_status TEXT NOT NULL,
    managed_client_id   TEXT,
    created_at          BIGINT NOT NULL,
    deleted_at          BIGINT,
    version             BIGINT NOT NULL,
    state               TEXT NOT NULL
);

CREATE TABLE contacts (
    id          TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL REFERENCES users (id),
    address_key TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    deleted_at  BIGINT,
    state       TEXT NOT NULL
);
-- One person is one contact of an agent, however often imported.
CREATE UNIQUE INDEX contacts_one_per_address ON contacts (user_id, address_key) WHERE deleted_at IS NULL;

CREATE TABLE campaigns (
    id                          TEXT PRIMARY KEY,
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
    fixed_send_day              BIGINT NOT NULL,
    last_scheduled_send_date    TEXT,
    last_sent_email_datetime    BIGINT,
    check_before_sending        BOOLEAN NOT NULL,
    no_address_newsletter       BOOLEAN NOT NULL,
    enabled                     BOOLEAN NOT NULL,
    email_id                    TEXT,
    created_at                  BIGINT NOT NULL,
    deleted_at                  BIGINT,
    version                     BIGINT NOT NULL,
    due_at                      BIGINT,
    needs_agent                 BOOLEAN NOT NULL DEFAULT FALSE,
    state                       TEXT NOT NULL
);
-- A recipient gets one email a month per home from an agent.
CREATE UNIQUE INDEX campaigns_one_live_per_home ON campaigns (user_id, address_key, home_key)
    WHERE deleted_at IS NULL;
-- Removed twins, whose last sending a new campaign inherits, and all campaigns to one address.
CREATE INDEX campaigns_by_address ON campaigns (user_id, address_key, home_key);
-- What is due is one range scan; campaigns that nothing but somebody's doing can move are not in it.
CREATE INDEX campaigns_due ON campaigns (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX campaigns_by_status ON campaigns (campaign_status, id) WHERE deleted_at IS NULL;
-- Campaigns that need their agent: they failed, or their home could not be found.
CREATE INDEX campaigns_in_need ON campaigns (user_id, id) WHERE needs_agent;

CREATE TABLE emails (
    id                      TEXT PRIMARY KEY,
    campaign_id             TEXT NOT NULL REFERENCES campaigns (id),
    user_id                 TEXT NOT NULL,
    cycle                   TEXT NOT NULL,
    status                  TEXT NOT NULL,
    delivery_status         TEXT NOT NULL,
    approved                BOOLEAN NOT NULL,
    scheduled_send_datetime BIGINT NOT NULL,
    created_at              BIGINT NOT NULL,
    state                   TEXT NOT NULL
);
-- At most one email of a cycle is on its way or went: whatever the code above believes.
CREATE UNIQUE INDEX emails_one_per_cycle ON emails (campaign_id, cycle)
    WHERE delivery_status NOT IN ('REJECTED', 'SUPERSEDED', 'EXPIRED');
CREATE INDEX emails_by_status ON emails (delivery_status, id);
CREATE INDEX emails_by_campaign ON emails (campaign_id, id);
-- Reports that wait for an agent's approval.
CREATE INDEX emails_waiting ON emails (user_id, id) WHERE delivery_status = 'CREATED';
-- Emails of an agent by the time at which they were to leave.
CREATE INDEX emails_sent ON emails (user_id, scheduled_send_datetime) WHERE delivery_status = 'COMPLETE';

-- What emails of one agent to one neighbourhood have in common, compressed: the dictionary of their texts.
CREATE TABLE message_bases (
    id   TEXT PRIMARY KEY,
    body BYTEA NOT NULL
);

-- What an email says: HTML and plain text, one after the other, compressed against a base.
CREATE TABLE email_messages (
    email_id       TEXT PRIMARY KEY REFERENCES emails (id),
    base_id        TEXT REFERENCES message_bases (id),
    from_name      TEXT NOT NULL,
    from_address   TEXT NOT NULL,
    to_name        TEXT NOT NULL,
    to_address     TEXT NOT NULL,
    subject        TEXT NOT NULL,
    opt_out_link   TEXT,
    opt_out_mailto TEXT,
    html_length    BIGINT NOT NULL,
    text_length    BIGINT NOT NULL,
    body           BYTEA NOT NULL
);

-- What operations brought for one campaign and cycle.
CREATE TABLE cycle_content (
    campaign_id TEXT NOT NULL REFERENCES campaigns (id),
    cycle       TEXT NOT NULL,
    operation   TEXT NOT NULL,
    state       TEXT NOT NULL,
    PRIMARY KEY (campaign_id, cycle, operation)
);

-- What an area shares for a day. A row without `state` is a fetch under way, or one given up.
CREATE TABLE area_content (
    kind         TEXT NOT NULL,
    user_id      TEXT NOT NULL,
    zip_code     TEXT NOT NULL,
    day          TEXT NOT NULL,
    fence        BIGINT NOT NULL,
    leased_until BIGINT,
    state        TEXT,
    PRIMARY KEY (kind, user_id, zip_code, day)
);

-- Addresses that an agent must not write to.
CREATE TABLE suppressions (
    user_id     TEXT NOT NULL,
    address_key TEXT NOT NULL,
    address     TEXT NOT NULL,
    cause       TEXT NOT NULL,
    since       BIGINT NOT NULL,
    state       TEXT NOT NULL,
    PRIMARY KEY (user_id, address_key)
);

-- What happened, append-only.
CREATE TABLE audit (
    id          BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    campaign_id TEXT,
    user_id     TEXT NOT NULL,
    at          BIGINT NOT NULL,
    what        TEXT NOT NULL,
    state       TEXT NOT NULL
);
CREATE INDEX audit_by_campaign ON audit (campaign_id, id);

-- Every event that was ever announced, once, written with the change it announces.
CREATE TABLE campaign_events (
    seq      BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    payload  TEXT NOT NULL
);

-- One row for each queue that an event wakes, until it is handled. Numbers are never used twice, so that an old receipt
-- cannot name a newer delivery.
CREATE TABLE queue_deliveries (
    id            BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    queue         TEXT NOT NULL,
    event         BIGINT NOT NULL,
    visible_at    BIGINT NOT NULL,
    receive_count BIGINT NOT NULL DEFAULT 0,
    fence         BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX queue_deliveries_visible ON queue_deliveries (queue, visible_at, id);

-- Deliveries that can never be handled, with the cause, for people to see.
CREATE TABLE dead_letters (
    id            BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    queue         TEXT NOT NULL,
    event         BIGINT NOT NULL,
    receive_count BIGINT NOT NULL,
    parked_at     BIGINT NOT NULL,
    cause         TEXT NOT NULL
);
CREATE INDEX dead_letters_by_queue ON dead_letters (queue, id);

-- Events that no queue has got yet, where queues are elsewhere; `visible_at` is when a relay may take them in hand.
CREATE TABLE outbox (
    event      BIGINT PRIMARY KEY,
    visible_at BIGINT NOT NULL
);

-- An agent's own mail account. The token in `state` is sealed.
CREATE TABLE mail_accounts (
    user_id TEXT PRIMARY KEY REFERENCES users (id),
    version BIGINT NOT NULL,
    state   TEXT NOT NULL
);

-- What came back of emails, each thing once.
CREATE TABLE feedback (
    seq         BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    email_id    TEXT NOT NULL REFERENCES emails (id),
    campaign_id TEXT NOT NULL REFERENCES campaigns (id),
    user_id     TEXT NOT NULL,
    what        TEXT NOT NULL,
    at          BIGINT NOT NULL,
    state       TEXT NOT NULL
);
-- What a contact made of all their emails.
CREATE INDEX feedback_by_campaign ON feedback (campaign_id, at);
CREATE INDEX feedback_complaints ON feedback (user_id, at) WHERE what = 'complained';

-- Whether the ways by which providers tell what became of emails still work.
CREATE TABLE feedback_channels (
    name    TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    state   TEXT NOT NULL
);

-- What agents were told. One row an agent; `due_at` is when to look whether there is something to tell them.
CREATE TABLE agent_notices (
    user_id TEXT PRIMARY KEY REFERENCES users (id),
    due_at  BIGINT,
    version BIGINT NOT NULL,
    state   TEXT NOT NULL
);
CREATE INDEX agent_notices_due ON agent_notices (due_at, user_id) WHERE due_at IS NOT NULL;

-- When an API's bucket of calls was empty, in microseconds since 1970.
CREATE TABLE rate_limits (
    api_name TEXT PRIMARY KEY,
    empty_at BIGINT NOT NULL
);

-- Outgoing webhooks.

-- Who wants to know of what; kinds are bits.
CREATE TABLE webhook_endpoints (
    id            TEXT PRIMARY KEY,
    reach         TEXT NOT NULL,
    enabled       BOOLEAN NOT NULL,
    kinds         BIGINT NOT NULL,
    in_hand_until BIGINT NOT NULL,
    version       BIGINT NOT NULL,
    state         TEXT NOT NULL
);

CREATE INDEX webhook_endpoints_by_reach ON webhook_endpoints (reach, id);

-- What happened. Whom it is about is known until that is erased.
CREATE TABLE webhook_messages (
    id          TEXT PRIMARY KEY,
    at          BIGINT NOT NULL,
    user_id     TEXT,
    address_key TEXT,
    campaign_id TEXT,
    state       TEXT NOT NULL
);

CREATE INDEX webhook_messages_by_age ON webhook_messages (at);
CREATE INDEX webhook_messages_by_address ON webhook_messages (user_id, address_key) WHERE address_key IS NOT NULL;
CREATE INDEX webhook_messages_by_campaign ON webhook_messages (campaign_id) WHERE campaign_id IS NOT NULL;

-- How each message stands with each endpoint that wants it.
CREATE TABLE webhook_deliveries (
    id          TEXT PRIMARY KEY,
    endpoint_id TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    at          BIGINT NOT NULL,
    standing    TEXT NOT NULL,
    due_at      BIGINT,
    state       TEXT NOT NULL
);

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (endpoint_id, at, message_id);
CREATE INDEX webhook_deliveries_by_standing ON webhook_deliveries (endpoint_id, standing, at, message_id);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (at);

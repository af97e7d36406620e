-- Outgoing webhooks. Each part may be run again.

-- Who wants to know of what; kinds are bits.
CREATE TABLE IF NOT EXISTS webhook_endpoints (
    id            VARCHAR(96) PRIMARY KEY,
    reach         VARCHAR(255) NOT NULL,
    enabled       BOOLEAN NOT NULL,
    kinds         BIGINT NOT NULL,
    in_hand_until BIGINT NOT NULL,
    version       BIGINT NOT NULL,
    state         LONGTEXT NOT NULL,
    KEY webhook_endpoints_by_reach (reach, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- What happened. Whom it is about is known until that is erased.
CREATE TABLE IF NOT EXISTS webhook_messages (
    id          VARCHAR(96) PRIMARY KEY,
    at          BIGINT NOT NULL,
    user_id     VARCHAR(96),
    address_key VARCHAR(320),
    campaign_id VARCHAR(96),
    state       LONGTEXT NOT NULL,
    KEY webhook_messages_by_age (at),
    KEY webhook_messages_by_address (user_id, address_key),
    KEY webhook_messages_by_campaign (campaign_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- How each message stands with each endpoint that wants it.
CREATE TABLE IF NOT EXISTS webhook_deliveries (
    id          VARCHAR(200) PRIMARY KEY,
    endpoint_id VARCHAR(96) NOT NULL,
    message_id  VARCHAR(96) NOT NULL,
    at          BIGINT NOT NULL,
    standing    VARCHAR(20) NOT NULL,
    due_at      BIGINT,
    state       LONGTEXT NOT NULL,
    KEY webhook_deliveries_due (endpoint_id, due_at),
    KEY webhook_deliveries_by_time (endpoint_id, at, message_id),
    KEY webhook_deliveries_by_standing (endpoint_id, standing, at, message_id),
    KEY webhook_deliveries_by_age (at)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

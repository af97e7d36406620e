-- Campaigns, their emails and what belongs to them, and the queues or the outbox: a change and its events are one
-- transaction.
--
-- Instants are whole microseconds since 1970 in UTC, so that ranges are scanned in an index; days are YYYY-MM-DD. A `state`
-- column holds, as JSON, what no decision in SQL looks at. Where a column and the JSON both have a value, the column counts:
-- other programs write columns.
--
-- MySQL cannot take back half of this: each part may be run again. What other databases keep apart by indexes over some rows
-- only is kept apart here by a computed column that is NULL for the others.

CREATE TABLE IF NOT EXISTS users (
    id                  VARCHAR(96) PRIMARY KEY,
    subscription_status VARCHAR(191) NOT NULL,
    managed_client_id   TEXT,
    created_at          BIGINT NOT NULL,
    deleted_at          BIGINT,
    version             BIGINT NOT NULL,
    state               LONGTEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- One person is one contact of an agent, however often imported.
CREATE TABLE IF NOT EXISTS contacts (
    id          VARCHAR(96) PRIMARY KEY,
    user_id     VARCHAR(96) NOT NULL,
    address_key VARCHAR(320) NOT NULL,
    created_at  BIGINT NOT NULL,
    deleted_at  BIGINT,
    state       LONGTEXT NOT NULL,
    live_key VARCHAR(450) AS (IF(deleted_at IS NULL, CONCAT(user_id, ' ', address_key), NULL)) STORED,
    UNIQUE KEY contacts_one_per_address (live_key),
    KEY contacts_by_address (user_id, address_key),
    FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- A recipient gets one email a month per home from an agent. Where `due_at` is NULL, nothing but somebody's doing can move the
-- campaign.
CREATE TABLE IF NOT EXISTS campaigns (
    id                          VARCHAR(96) PRIMARY KEY,
    user_id                     VARCHAR(96) NOT NULL,
    contact_id                  VARCHAR(96) NOT NULL,
    address_key                 VARCHAR(320) NOT NULL,
    home_key                    VARCHAR(700) NOT NULL,
    home                        LONGTEXT,
    zip_code                    VARCHAR(191) NOT NULL,
    campaign_status             VARCHAR(191) NOT NULL,
    property_status             VARCHAR(191) NOT NULL,
    active_listing_status       VARCHAR(191) NOT NULL,
    recent_sale_status          VARCHAR(191) NOT NULL,
    local_market_data_status    VARCHAR(191) NOT NULL,
    intro_status                VARCHAR(191) NOT NULL,
    home_report_analysis_status VARCHAR(191) NOT NULL,
    email_creation_status       VARCHAR(191) NOT NULL,
    fixed_send_day              BIGINT NOT NULL,
    last_scheduled_send_date    VARCHAR(10),
    last_sent_email_datetime    BIGINT,
    check_before_sending        BOOLEAN NOT NULL,
    no_address_newsletter       BOOLEAN NOT NULL,
    enabled                     BOOLEAN NOT NULL,
    email_id                    VARCHAR(96),
    created_at                  BIGINT NOT NULL,
    deleted_at                  BIGINT,
    version                     BIGINT NOT NULL,
    due_at                      BIGINT,
    needs_agent                 BOOLEAN NOT NULL DEFAULT FALSE,
    state                       LONGTEXT NOT NULL,
    live_key CHAR(64) AS (IF(deleted_at IS NULL, SHA2(CONCAT(user_id, ' ', address_key, ' ', home_key), 256), NULL)) STORED,
    UNIQUE KEY campaigns_one_live_per_home (live_key),
    KEY campaigns_by_address (user_id, address_key, home_key(191)),
    KEY campaigns_due (due_at, id),
    KEY campaigns_by_status (campaign_status, deleted_at, id),
    KEY campaigns_in_need (user_id, needs_agent, id),
    FOREIGN KEY (user_id) REFERENCES users (id),
    FOREIGN KEY (contact_id) REFERENCES contacts (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- At most one email of a cycle is on its way or went, whatever the code above believes.
CREATE TABLE IF NOT EXISTS emails (
    id                      VARCHAR(96) PRIMARY KEY,
    campaign_id             VARCHAR(96) NOT NULL,
    user_id                 VARCHAR(96) NOT NULL,
    cycle                   VARCHAR(191) NOT NULL,
    status                  VARCHAR(191) NOT NULL,
    delivery_status         VARCHAR(191) NOT NULL,
    approved                BOOLEAN NOT NULL,
    scheduled_send_datetime BIGINT NOT NULL,
    created_at              BIGINT NOT NULL,
    state                   LONGTEXT NOT NULL,
    one_per_cycle VARCHAR(200) AS (IF(delivery_status IN ('REJECTED', 'SUPERSEDED', 'EXPIRED'), NULL, CONCAT(campaign_id, ' ', cycle))) STORED,
    UNIQUE KEY emails_one_per_cycle (one_per_cycle),
    KEY emails_by_status (delivery_status, id),
    KEY emails_by_campaign (campaign_id, id),
    KEY emails_by_user (user_id, delivery_status, scheduled_send_datetime),
    FOREIGN KEY (campaign_id) REFERENCES campaigns (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- What emails of one agent to one neighbourhood have in common, compressed: the dictionary of their texts.
CREATE TABLE IF NOT EXISTS message_bases (
    id   VARCHAR(96) PRIMARY KEY,
    body LONGBLOB NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- What an email says: HTML and plain text, one after the other, compressed against a base.
CREATE TABLE IF NOT EXISTS email_messages (
    email_id       VARCHAR(96) PRIMARY KEY,
    base_id        VARCHAR(96),
    from_name      TEXT NOT NULL,
    from_address   TEXT NOT NULL,
    to_name        TEXT NOT NULL,
    to_address     TEXT NOT NULL,
    subject        TEXT NOT NULL,
    opt_out_link   TEXT,
    opt_out_mailto TEXT,
    html_length    BIGINT NOT NULL,
    text_length    BIGINT NOT NULL,
    body           LONGBLOB NOT NULL,
    FOREIGN KEY (email_id) REFERENCES emails (id),
    FOREIGN KEY (base_id) REFERENCES message_bases (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- What operations brought for one campaign and cycle.
CREATE TABLE IF NOT EXISTS cycle_content (
    campaign_id VARCHAR(96) NOT NULL,
    cycle       VARCHAR(10) NOT NULL,
    operation   VARCHAR(40) NOT NULL,
    state       LONGTEXT NOT NULL,
    PRIMARY KEY (campaign_id, cycle, operation),
    FOREIGN KEY (campaign_id) REFERENCES campaigns (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- What an area shares for a day. A row without `state` is a fetch under way, or one given up.
CREATE TABLE IF NOT EXISTS area_content (
    kind         VARCHAR(40) NOT NULL,
    user_id      VARCHAR(96) NOT NULL,
    zip_code     VARCHAR(10) NOT NULL,
    day          VARCHAR(10) NOT NULL,
    fence        BIGINT NOT NULL,
    leased_until BIGINT,
    state        LONGTEXT,
    PRIMARY KEY (kind, user_id, zip_code, day)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- Addresses that an agent must not write to.
CREATE TABLE IF NOT EXISTS suppressions (
    user_id     VARCHAR(96) NOT NULL,
    address_key VARCHAR(320) NOT NULL,
    address     TEXT NOT NULL,
    cause       VARCHAR(191) NOT NULL,
    since       BIGINT NOT NULL,
    state       LONGTEXT NOT NULL,
    PRIMARY KEY (user_id, address_key)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- What happened, append-only.
CREATE TABLE IF NOT EXISTS audit (
    id          BIGINT AUTO_INCREMENT PRIMARY KEY,
    campaign_id VARCHAR(96),
    user_id     VARCHAR(96) NOT NULL,
    at          BIGINT NOT NULL,
    what        VARCHAR(191) NOT NULL,
    state       LONGTEXT NOT NULL,
    KEY audit_by_campaign (campaign_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- Every event that was ever announced, once, written with the change it announces.
CREATE TABLE IF NOT EXISTS campaign_events (
    seq      BIGINT AUTO_INCREMENT PRIMARY KEY,
    event_id VARCHAR(191) NOT NULL UNIQUE,
    payload  LONGTEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- One row for each queue that an event wakes, until it is handled. Numbers are never used twice, so that an old receipt
-- cannot name a newer delivery.
CREATE TABLE IF NOT EXISTS queue_deliveries (
    id            BIGINT AUTO_INCREMENT PRIMARY KEY,
    queue         VARCHAR(40) NOT NULL,
    event         BIGINT NOT NULL,
    visible_at    BIGINT NOT NULL,
    receive_count BIGINT NOT NULL DEFAULT 0,
    fence         BIGINT NOT NULL DEFAULT 0,
    KEY queue_deliveries_visible (queue, visible_at, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- Deliveries that can never be handled, with the cause, for people to see.
CREATE TABLE IF NOT EXISTS dead_letters (
    id            BIGINT AUTO_INCREMENT PRIMARY KEY,
    queue         VARCHAR(40) NOT NULL,
    event         BIGINT NOT NULL,
    receive_count BIGINT NOT NULL,
    parked_at     BIGINT NOT NULL,
    cause         TEXT NOT NULL,
    KEY dead_letters_by_queue (queue, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- Events that no queue has got yet, where queues are elsewhere; `visible_at` is when a relay may take them in hand.
CREATE TABLE IF NOT EXISTS outbox (
    event      BIGINT PRIMARY KEY,
    visible_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- An agent's own mail account. The token in `state` is sealed.
CREATE TABLE IF NOT EXISTS mail_accounts (
    user_id VARCHAR(96) PRIMARY KEY,
    version BIGINT NOT NULL,
    state   LONGTEXT NOT NULL,
    FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- What came back of emails, each thing once.
CREATE TABLE IF NOT EXISTS feedback (
    seq         BIGINT AUTO_INCREMENT PRIMARY KEY,
    id          VARCHAR(191) NOT NULL UNIQUE,
    email_id    VARCHAR(96) NOT NULL,
    campaign_id VARCHAR(96) NOT NULL,
    user_id     VARCHAR(96) NOT NULL,
    what        VARCHAR(191) NOT NULL,
    at          BIGINT NOT NULL,
    state       LONGTEXT NOT NULL,
    KEY feedback_by_campaign (campaign_id, at),
    KEY feedback_by_user (user_id, what, at),
    FOREIGN KEY (email_id) REFERENCES emails (id),
    FOREIGN KEY (campaign_id) REFERENCES campaigns (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- Whether the ways by which providers tell what became of emails still work.
CREATE TABLE IF NOT EXISTS feedback_channels (
    name    VARCHAR(191) PRIMARY KEY,
    version BIGINT NOT NULL,
    state   LONGTEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- What agents were told. One row an agent; `due_at` is when to look whether there is something to tell them.
CREATE TABLE IF NOT EXISTS agent_notices (
    user_id VARCHAR(96) PRIMARY KEY,
    due_at  BIGINT,
    version BIGINT NOT NULL,
    state   LONGTEXT NOT NULL,
    KEY agent_notices_due (due_at, user_id),
    FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- When an API's bucket of calls was empty, in microseconds since 1970.
CREATE TABLE IF NOT EXISTS rate_limits (
    api_name VARCHAR(191) PRIMARY KEY,
    empty_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

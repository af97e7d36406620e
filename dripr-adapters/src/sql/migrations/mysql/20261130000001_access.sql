-- Who may do what. Each part may be run again.

-- The brokerage and the team of an agent, if they belong to one.
CREATE TABLE IF NOT EXISTS memberships (
    user_id      VARCHAR(96) PRIMARY KEY,
    brokerage_id VARCHAR(96) NOT NULL,
    team_id      VARCHAR(96),
    KEY memberships_by_brokerage (brokerage_id, user_id),
    KEY memberships_by_team (brokerage_id, team_id, user_id),
    FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- Keys by which programs come, without their secrets.
CREATE TABLE IF NOT EXISTS api_keys (
    id         VARCHAR(96) PRIMARY KEY,
    reach      VARCHAR(255) NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    state      LONGTEXT NOT NULL,
    KEY api_keys_by_reach (reach, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- What callers were answered under a key of theirs, so that a call that comes again is answered alike.
CREATE TABLE IF NOT EXISTS api_replies (
    caller     VARCHAR(191) NOT NULL,
    reply_key  VARCHAR(255) NOT NULL,
    begun_at   BIGINT NOT NULL,
    state      LONGTEXT NOT NULL,
    PRIMARY KEY (caller, reply_key),
    KEY api_replies_by_age (begun_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- MySQL itself has no CREATE INDEX IF NOT EXISTS.
-- An agent's contacts, a page at a time.
SET @there = (SELECT count(*) FROM information_schema.statistics
              WHERE table_schema = database() AND table_name = 'contacts' AND index_name = 'contacts_by_user');
SET @making = IF(@there = 0, 'CREATE INDEX contacts_by_user ON contacts (user_id, id)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;

-- What was done by and for an agent.
SET @there = (SELECT count(*) FROM information_schema.statistics
              WHERE table_schema = database() AND table_name = 'audit' AND index_name = 'audit_by_user');
SET @making = IF(@there = 0, 'CREATE INDEX audit_by_user ON audit (user_id, id)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;

-- An agent's campaigns, a page at a time.
SET @there = (SELECT count(*) FROM information_schema.statistics
              WHERE table_schema = database() AND table_name = 'campaigns' AND index_name = 'campaigns_by_user');
SET @making = IF(@there = 0, 'CREATE INDEX campaigns_by_user ON campaigns (user_id, id)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;

-- An agent's emails, a page at a time.
SET @there = (SELECT count(*) FROM information_schema.statistics
              WHERE table_schema = database() AND table_name = 'emails' AND index_name = 'emails_by_agent');
SET @making = IF(@there = 0, 'CREATE INDEX emails_by_agent ON emails (user_id, id)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;

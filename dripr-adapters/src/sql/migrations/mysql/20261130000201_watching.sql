-- What those who watch a deployment need.
--
-- Each part may be run again. MySQL has no CREATE INDEX IF NOT EXISTS.

-- When it was last tried whether anything can be written.
CREATE TABLE IF NOT EXISTS store_checks (
    name       VARCHAR(191) PRIMARY KEY,
    checked_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- What came back of emails, of all agents.
SET @missing = (SELECT count(*) = 0 FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name = 'feedback' AND index_name = 'feedback_by_what');
SET @make = IF(@missing, 'CREATE INDEX feedback_by_what ON feedback (what, at, email_id)', 'DO 0');
PREPARE make FROM @make;
EXECUTE make;
DEALLOCATE PREPARE make;

-- Emails of all agents by the time at which they were to leave.
SET @missing = (SELECT count(*) = 0 FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name = 'emails' AND index_name = 'emails_by_time');
SET @make = IF(@missing, 'CREATE INDEX emails_by_time ON emails (delivery_status, scheduled_send_datetime)', 'DO 0');
PREPARE make FROM @make;
EXECUTE make;
DEALLOCATE PREPARE make;

-- Addresses that are not written to, by cause.
SET @missing = (SELECT count(*) = 0 FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name = 'suppressions' AND index_name = 'suppressions_by_cause');
SET @make = IF(@missing, 'CREATE INDEX suppressions_by_cause ON suppressions (cause)', 'DO 0');
PREPARE make FROM @make;
EXECUTE make;
DEALLOCATE PREPARE make;

-- What came back of an agent's emails, by what it was. It may be run again; MySQL itself has no CREATE INDEX IF NOT EXISTS.
SET @there = (SELECT count(*) FROM information_schema.statistics
              WHERE table_schema = database() AND table_name = 'feedback' AND index_name = 'feedback_by_agent');
SET @making = IF(@there = 0, 'CREATE INDEX feedback_by_agent ON feedback (user_id, what, at, email_id)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;

-- Emails by when they were made. Each part may be run again; MySQL itself has no CREATE INDEX IF NOT EXISTS.

-- An agent's emails by how they stand, the newest or the oldest first; for a team or a brokerage too, an agent after the other.
SET @there = (SELECT count(*) FROM information_schema.statistics
              WHERE table_schema = database() AND table_name = 'emails' AND index_name = 'emails_by_standing');
SET @making = IF(@there = 0, 'CREATE INDEX emails_by_standing ON emails (user_id, delivery_status, created_at, id)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;

-- All emails, the newest or the oldest first.
SET @there = (SELECT count(*) FROM information_schema.statistics
              WHERE table_schema = database() AND table_name = 'emails' AND index_name = 'emails_by_creation');
SET @making = IF(@there = 0, 'CREATE INDEX emails_by_creation ON emails (created_at, id)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;

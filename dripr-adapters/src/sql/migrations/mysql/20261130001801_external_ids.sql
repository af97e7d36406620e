-- What the agent's CRM calls a contact. One living contact of an agent has it. Each part may be run again;
-- MySQL itself has no ADD COLUMN IF NOT EXISTS.
SET @there = (SELECT count(*) FROM information_schema.columns
              WHERE table_schema = database() AND table_name = 'contacts' AND column_name = 'external_id');
SET @making = IF(@there = 0, 'ALTER TABLE contacts ADD COLUMN external_id VARCHAR(255)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;
SET @there = (SELECT count(*) FROM information_schema.columns
              WHERE table_schema = database() AND table_name = 'contacts' AND column_name = 'live_external_id');
SET @making = IF(@there = 0, 'ALTER TABLE contacts ADD COLUMN live_external_id VARCHAR(352) AS (IF(deleted_at IS NULL, CONCAT(user_id, '' '', external_id), NULL)) STORED, ADD UNIQUE KEY contacts_one_per_external_id (live_external_id), ADD KEY contacts_by_external_id (user_id, external_id)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;

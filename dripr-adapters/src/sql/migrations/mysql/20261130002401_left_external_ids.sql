-- External ids are in their column for living contacts alone. Those that a program of before leaves there with a contact that it
-- removes or erases are found by this. A virtual column, since a stored one would copy the table while writes wait. Each part may be
-- run again; MySQL itself has no ADD COLUMN IF NOT EXISTS and no CREATE INDEX IF NOT EXISTS.
UPDATE contacts SET external_id = NULL WHERE deleted_at IS NOT NULL AND external_id IS NOT NULL;
SET @there = (SELECT count(*) FROM information_schema.columns
              WHERE table_schema = database() AND table_name = 'contacts' AND column_name = 'left_external_id');
SET @making = IF(@there = 0, 'ALTER TABLE contacts ADD COLUMN left_external_id VARCHAR(255) AS (IF(deleted_at IS NULL, NULL, external_id)) VIRTUAL', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;
SET @there = (SELECT count(*) FROM information_schema.statistics
              WHERE table_schema = database() AND table_name = 'contacts' AND index_name = 'contacts_with_left_external_id');
SET @making = IF(@there = 0, 'CREATE INDEX contacts_with_left_external_id ON contacts (left_external_id)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;

-- What rows of imports are of people who want no mail, and which could not be verified: lists ask for these. Each part may be run
-- again; MySQL itself has no ADD COLUMN IF NOT EXISTS and no CREATE INDEX IF NOT EXISTS.
SET @there = (SELECT count(*) FROM information_schema.columns
              WHERE table_schema = database() AND table_name = 'import_lines' AND column_name = 'opted_out');
SET @making = IF(@there = 0, 'ALTER TABLE import_lines ADD COLUMN opted_out BOOLEAN NOT NULL DEFAULT FALSE', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;
UPDATE import_lines SET opted_out = TRUE WHERE state LIKE '%"opted_out":true%';
SET @there = (SELECT count(*) FROM information_schema.statistics
              WHERE table_schema = database() AND table_name = 'import_lines' AND index_name = 'import_lines_opted_out');
SET @making = IF(@there = 0, 'CREATE INDEX import_lines_opted_out ON import_lines (import_id, run, opted_out, line)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;
SET @there = (SELECT count(*) FROM information_schema.columns
              WHERE table_schema = database() AND table_name = 'import_lines' AND column_name = 'not_verified');
SET @making = IF(@there = 0, 'ALTER TABLE import_lines ADD COLUMN not_verified BOOLEAN NOT NULL DEFAULT FALSE', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;
UPDATE import_lines SET not_verified = TRUE WHERE state LIKE '%"not_verified":true%';
SET @there = (SELECT count(*) FROM information_schema.statistics
              WHERE table_schema = database() AND table_name = 'import_lines' AND index_name = 'import_lines_not_verified');
SET @making = IF(@there = 0, 'CREATE INDEX import_lines_not_verified ON import_lines (import_id, run, not_verified, line)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;

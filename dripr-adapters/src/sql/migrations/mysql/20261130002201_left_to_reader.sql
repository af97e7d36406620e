-- Which imports were cancelled while they were read, and have not ended since: whoever was to end them may be dead. It may be
-- run again; MySQL itself has no ADD COLUMN IF NOT EXISTS.
SET @there = (SELECT count(*) FROM information_schema.columns
              WHERE table_schema = database() AND table_name = 'imports' AND column_name = 'left_to_reader');
SET @making = IF(@there = 0, 'ALTER TABLE imports ADD COLUMN left_to_reader BOOLEAN NOT NULL DEFAULT FALSE, ADD KEY imports_left_to_reader (left_to_reader, id)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;
UPDATE imports SET left_to_reader = TRUE
    WHERE state LIKE '%"stage":{"stage":"running"}%' AND state LIKE '%"cancelled_at":%';

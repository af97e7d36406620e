-- Which imports were cancelled while they were read, and have not ended since: whoever was to end them may be dead.
ALTER TABLE imports ADD COLUMN left_to_reader INTEGER NOT NULL DEFAULT 0;
UPDATE imports SET left_to_reader = 1
    WHERE state LIKE '%"stage":{"stage":"running"}%' AND state LIKE '%"cancelled_at":%';
CREATE INDEX imports_left_to_reader ON imports (id) WHERE left_to_reader = 1;

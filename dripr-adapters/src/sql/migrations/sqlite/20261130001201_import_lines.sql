-- What rows of imports are of people who want no mail, and which could not be verified: lists ask for these.
ALTER TABLE import_lines ADD COLUMN opted_out INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_lines ADD COLUMN not_verified INTEGER NOT NULL DEFAULT 0;
UPDATE import_lines SET opted_out = 1 WHERE state LIKE '%"opted_out":true%';
UPDATE import_lines SET not_verified = 1 WHERE state LIKE '%"not_verified":true%';
CREATE INDEX import_lines_opted_out ON import_lines (import_id, run, line) WHERE opted_out = 1;
CREATE INDEX import_lines_not_verified ON import_lines (import_id, run, line) WHERE not_verified = 1;

-- Which agents write to an address. It may be run again; MySQL itself has no CREATE INDEX IF NOT EXISTS.
SET @there = (SELECT count(*) FROM information_schema.statistics
              WHERE table_schema = database() AND table_name = 'contacts' AND index_name = 'contacts_of_an_address');
SET @making = IF(@there = 0, 'CREATE INDEX contacts_of_an_address ON contacts (address_key, user_id)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;

-- Whom webhooks are told of where no campaign says so: an erasure finds it, whatever the address was. It may be run again; MySQL itself
-- has no ADD COLUMN IF NOT EXISTS.
SET @there = (SELECT count(*) FROM information_schema.columns
              WHERE table_schema = database() AND table_name = 'webhook_messages' AND column_name = 'contact_id');
SET @making = IF(@there = 0, 'ALTER TABLE webhook_messages ADD COLUMN contact_id VARCHAR(96), ADD KEY webhook_messages_by_contact (contact_id)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;

-- Whom webhooks are told of where no campaign says so: an erasure finds it, whatever the address was.
ALTER TABLE webhook_messages ADD COLUMN contact_id TEXT;
CREATE INDEX webhook_messages_by_contact ON webhook_messages (contact_id) WHERE contact_id IS NOT NULL;

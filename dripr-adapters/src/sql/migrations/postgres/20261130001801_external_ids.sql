-- What the agent's CRM calls a contact. One living contact of an agent has it.
ALTER TABLE contacts ADD COLUMN external_id TEXT;
CREATE UNIQUE INDEX contacts_one_per_external_id ON contacts (user_id, external_id)
    WHERE deleted_at IS NULL AND external_id IS NOT NULL;

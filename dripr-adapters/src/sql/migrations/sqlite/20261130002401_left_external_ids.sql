-- External ids are in their column for living contacts alone. Those that a program of before leaves there with a contact that it
-- removes or erases are found by this, and it is empty otherwise.
UPDATE contacts SET external_id = NULL WHERE deleted_at IS NOT NULL AND external_id IS NOT NULL;
CREATE INDEX contacts_with_left_external_id ON contacts (id) WHERE deleted_at IS NOT NULL AND external_id IS NOT NULL;

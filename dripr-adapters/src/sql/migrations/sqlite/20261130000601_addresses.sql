-- Which agents write to an address.
CREATE INDEX contacts_of_an_address ON contacts (address_key, user_id) WHERE deleted_at IS NULL;

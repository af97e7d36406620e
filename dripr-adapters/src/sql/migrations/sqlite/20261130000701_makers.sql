-- Who made a key or a webhook, where that was an agent (`user:`) or a key (`key:`): it ends with what they may do.
ALTER TABLE api_keys ADD COLUMN made_by TEXT;
ALTER TABLE webhook_endpoints ADD COLUMN made_by TEXT;

UPDATE api_keys SET made_by = coalesce(
    'user:' || (state ->> '$.created_by.user'), 'key:' || (state ->> '$.created_by.api_key'));
UPDATE webhook_endpoints SET made_by = coalesce(
    'user:' || (state ->> '$.created_by.user'), 'key:' || (state ->> '$.created_by.api_key'));

CREATE INDEX api_keys_by_maker ON api_keys (made_by, id);
CREATE INDEX webhook_endpoints_by_maker ON webhook_endpoints (made_by, id);

-- Who made a key or a webhook, where that was an agent (`user:`) or a key (`key:`): it ends with what they may do. Each part may be
-- run again; MySQL itself has no ADD COLUMN IF NOT EXISTS.
SET @there = (SELECT count(*) FROM information_schema.columns
              WHERE table_schema = database() AND table_name = 'api_keys' AND column_name = 'made_by');
SET @making = IF(@there = 0, 'ALTER TABLE api_keys ADD COLUMN made_by VARCHAR(128), ADD KEY api_keys_by_maker (made_by, id)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;

UPDATE api_keys SET made_by = coalesce(
    concat('user:', json_unquote(json_extract(state, '$.created_by.user'))),
    concat('key:', json_unquote(json_extract(state, '$.created_by.api_key')))) WHERE made_by IS NULL;

SET @there = (SELECT count(*) FROM information_schema.columns
              WHERE table_schema = database() AND table_name = 'webhook_endpoints' AND column_name = 'made_by');
SET @making = IF(@there = 0, 'ALTER TABLE webhook_endpoints ADD COLUMN made_by VARCHAR(128), ADD KEY webhook_endpoints_by_maker (made_by, id)', 'DO 0');
PREPARE making FROM @making;
EXECUTE making;
DEALLOCATE PREPARE making;

UPDATE webhook_endpoints SET made_by = coalesce(
    concat('user:', json_unquote(json_extract(state, '$.created_by.user'))),
    concat('key:', json_unquote(json_extract(state, '$.created_by.api_key')))) WHERE made_by IS NULL;

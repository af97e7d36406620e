-- What was done about keys and webhooks.
CREATE TABLE deeds (
    id    INTEGER PRIMARY KEY,
    reach TEXT NOT NULL,
    at    INTEGER NOT NULL,
    state TEXT NOT NULL
) STRICT;

-- What is due for an endpoint, in the order in which it is sent.
DROP INDEX webhook_deliveries_due;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, standing, due_at, id) WHERE due_at IS NOT NULL;

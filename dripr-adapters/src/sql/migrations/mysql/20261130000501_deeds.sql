-- What was done about keys and webhooks. Each part may be run again.
CREATE TABLE IF NOT EXISTS deeds (
    id    BIGINT AUTO_INCREMENT PRIMARY KEY,
    reach VARCHAR(255) NOT NULL,
    at    BIGINT NOT NULL,
    state LONGTEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- What is due for an endpoint, in the order in which it is sent. Under its name, by which programs of the version before ask for it.
ALTER TABLE webhook_deliveries DROP KEY webhook_deliveries_due,
    ADD KEY webhook_deliveries_due (endpoint_id, standing, due_at);

-- Addresses that nobody in the deployment writes to, whichever agent's contact has one.
CREATE TABLE IF NOT EXISTS blocked_addresses (
    address_key VARCHAR(320) PRIMARY KEY,
    address     TEXT NOT NULL,
    since       BIGINT NOT NULL,
    state       LONGTEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

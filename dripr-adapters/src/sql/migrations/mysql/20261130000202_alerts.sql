-- What alerts have come to.
CREATE TABLE IF NOT EXISTS alarms (
    name    VARCHAR(191) PRIMARY KEY,
    version BIGINT NOT NULL,
    state   LONGTEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

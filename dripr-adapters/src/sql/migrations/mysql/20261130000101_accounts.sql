-- Accounts and customers that others keep.

-- Which agents a customer of the billing provider stands for.
CREATE TABLE IF NOT EXISTS agent_customers (
    customer_id VARCHAR(96) NOT NULL,
    user_id     VARCHAR(96) NOT NULL,
    PRIMARY KEY (customer_id, user_id),
    FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- Ids of accounts that were removed, also of those that no agent was ever made of.
CREATE TABLE IF NOT EXISTS removed_accounts (
    id VARCHAR(96) PRIMARY KEY,
    at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

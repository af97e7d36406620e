-- Accounts and customers that others keep.

-- Which agents a customer of the billing provider stands for.
CREATE TABLE agent_customers (
    customer_id TEXT NOT NULL,
    user_id     TEXT NOT NULL REFERENCES users (id),
    PRIMARY KEY (customer_id, user_id)
) STRICT, WITHOUT ROWID;

-- Ids of accounts that were removed, also of those that no agent was ever made of.
CREATE TABLE removed_accounts (
    id TEXT PRIMARY KEY NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Addresses that nobody in the deployment writes to, whichever agent's contact has one.
CREATE TABLE blocked_addresses (
    address_key TEXT PRIMARY KEY NOT NULL,
    address     TEXT NOT NULL,
    since       INTEGER NOT NULL,
    state       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

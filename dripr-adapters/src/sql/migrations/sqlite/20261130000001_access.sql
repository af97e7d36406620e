-- Who may do what.

-- The brokerage and the team of an agent, if they belong to one.
CREATE TABLE memberships (
    user_id      TEXT PRIMARY KEY NOT NULL REFERENCES users (id),
    brokerage_id TEXT NOT NULL,
    team_id      TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX memberships_by_brokerage ON memberships (brokerage_id, user_id);
CREATE INDEX memberships_by_team ON memberships (brokerage_id, team_id, user_id);

-- Keys by which programs come, without their secrets.
CREATE TABLE api_keys (
    id         TEXT PRIMARY KEY NOT NULL,
    reach      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    state      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_by_reach ON api_keys (reach, id);

-- What callers were answered under a key of theirs, so that a call that comes again is answered alike.
CREATE TABLE api_replies (
    caller     TEXT NOT NULL,
    reply_key  TEXT NOT NULL,
    begun_at   INTEGER NOT NULL,
    state      TEXT NOT NULL,
    PRIMARY KEY (caller, reply_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX api_replies_by_age ON api_replies (begun_at);

-- An agent's contacts, a page at a time.
CREATE INDEX contacts_by_user ON contacts (user_id, id);

-- What was done by and for an agent.
CREATE INDEX audit_by_user ON audit (user_id, id);

-- An agent's campaigns and emails, a page at a time.
CREATE INDEX campaigns_by_user ON campaigns (user_id, id);
CREATE INDEX emails_by_agent ON emails (user_id, id);

-- What mail needs besides: opting out by mail, the agents' own mail accounts, and what comes back.

ALTER TABLE email_messages ADD COLUMN opt_out_mailto TEXT;

-- An agent's own mail account. The token in `state` is sealed.
CREATE TABLE mail_accounts (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id),
    version INTEGER NOT NULL,
    state   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What came back of emails, each thing once.
CREATE TABLE feedback (
    seq         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    email_id    TEXT NOT NULL REFERENCES emails (id),
    campaign_id TEXT NOT NULL REFERENCES campaigns (id),
    at          INTEGER NOT NULL,
    state       TEXT NOT NULL
) STRICT;

-- What a contact made of all their emails.
CREATE INDEX feedback_by_campaign ON feedback (campaign_id, at);

-- All emails of a campaign.
CREATE INDEX emails_by_campaign ON emails (campaign_id, id);

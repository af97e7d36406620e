-- What agents were told, and what stops their mail.

-- One row an agent; `due_at` is when to look whether there is something to tell them.
CREATE TABLE agent_notices (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id),
    due_at  INTEGER,
    version INTEGER NOT NULL,
    state   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX agent_notices_due ON agent_notices (due_at, user_id) WHERE due_at IS NOT NULL;

INSERT INTO agent_notices (user_id, due_at, version, state)
SELECT id, created_at, 0, json_object('user_id', id, 'due_at', NULL) FROM users;

-- Whoever makes an agent, a program of before this migration too that still runs.
CREATE TRIGGER users_have_notices AFTER INSERT ON users BEGIN
    INSERT INTO agent_notices (user_id, due_at, version, state)
    VALUES (NEW.id, NEW.created_at, 0, json_object('user_id', NEW.id, 'due_at', NULL));
END;

-- Reports that wait for an agent's approval.
CREATE INDEX emails_waiting ON emails (user_id, id) WHERE delivery_status = 'CREATED';

-- Campaigns that need their agent: they failed, or their home could not be found.
ALTER TABLE campaigns ADD COLUMN needs_agent INTEGER NOT NULL DEFAULT 0;
UPDATE campaigns SET needs_agent = 1 WHERE campaign_status = 'ERROR' AND enabled = 1 AND deleted_at IS NULL;
CREATE INDEX campaigns_in_need ON campaigns (user_id, id) WHERE needs_agent = 1;

-- What came back by agent, to see how many of their emails were reported as spam.
ALTER TABLE feedback ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
ALTER TABLE feedback ADD COLUMN what TEXT NOT NULL DEFAULT '';
UPDATE feedback SET
    user_id = (SELECT user_id FROM emails WHERE emails.id = feedback.email_id),
    what = coalesce(state ->> '$.what.what', '');
CREATE INDEX feedback_complaints ON feedback (user_id, at) WHERE what = 'complained';
-- Emails of an agent by the time at which they were to leave.
CREATE INDEX emails_sent ON emails (user_id, scheduled_send_datetime) WHERE delivery_status = 'COMPLETE';

-- Whether the ways by which providers tell what became of emails still work.
CREATE TABLE feedback_channels (
    name    TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    state   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

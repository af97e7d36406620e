-- What those who watch a deployment need.

-- When it was last tried whether anything can be written.
CREATE TABLE store_checks (
    name       TEXT PRIMARY KEY,
    checked_at BIGINT NOT NULL
);

-- What came back of emails, of all agents.
CREATE INDEX feedback_bounced ON feedback (at) WHERE what = 'bounced';
CREATE INDEX feedback_complained ON feedback (at, email_id) WHERE what = 'complained';
-- Emails of all agents by the time at which they were to leave.
CREATE INDEX emails_complete ON emails (scheduled_send_datetime) WHERE delivery_status = 'COMPLETE';
-- Addresses that are not written to, by cause.
CREATE INDEX suppressions_by_cause ON suppressions (cause);

-- What came back of an agent's emails, by what it was.
CREATE INDEX feedback_by_agent ON feedback (user_id, what, at, email_id);

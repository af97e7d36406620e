-- An agent's emails by how they stand, the newest or the oldest first; for a team or a brokerage too, an agent after the other.
CREATE INDEX emails_by_standing ON emails (user_id, delivery_status, created_at, id);

-- All emails, the newest or the oldest first.
CREATE INDEX emails_by_creation ON emails (created_at, id);

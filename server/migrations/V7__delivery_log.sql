-- The log of deliveries as its reader sees it: when the next try is due, and what the endpoint said.
ALTER TABLE deliveries ADD COLUMN next_attempt_at BIGINT;
ALTER TABLE attempts ADD COLUMN excerpt TEXT; -- sealed: the beginning of the answer

-- A delivery that is replayed leaves no dead letter behind.
CREATE INDEX jobs_dead ON jobs (lane, id) WHERE dead_at IS NOT NULL;

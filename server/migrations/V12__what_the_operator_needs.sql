-- What an operator of years needs: grants that end lead by lead, a log of who did what from where, inboxes read in steps.

-- Leads of the grant with smaller ids are called off: nobody texts them from this commit on, and a job cancels them by the hundred.
ALTER TABLE grants ADD COLUMN called_off_before TEXT;
ALTER TABLE grants ADD COLUMN called_off_reason TEXT; -- a sentence for people
DROP INDEX leads_by_grant;
CREATE INDEX leads_live_by_grant ON leads (grant_id, id) WHERE ended_at IS NULL;

ALTER TABLE audit ADD COLUMN reason TEXT;     -- a stable word
ALTER TABLE audit ADD COLUMN affected BIGINT; -- of a deed done to many: to how many
ALTER TABLE audit ADD COLUMN address TEXT;    -- where the request came from

-- Until here an inbox that takes several looks was read; none: all of it.
ALTER TABLE inboxes ADD COLUMN resume_at BIGINT;

CREATE INDEX users_by_workspace ON users (workspace);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX stray_messages_by_age ON stray_messages (received_at);

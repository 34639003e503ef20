-- A claim finds what is due without walking over what is not for it: deliveries are claimed apart from other jobs, and where the
-- oldest are all of endpoints that are full, the others are found by their system.
DROP INDEX jobs_due;
CREATE INDEX jobs_due_deliveries ON jobs (run_at, id) WHERE dead_at IS NULL AND kind = 'deliver_webhook';
CREATE INDEX jobs_due_others ON jobs (run_at, id) WHERE dead_at IS NULL AND kind <> 'deliver_webhook';
CREATE INDEX jobs_of_webhooks ON jobs (system, run_at, id) WHERE dead_at IS NULL AND kind = 'deliver_webhook';
CREATE INDEX jobs_of_others ON jobs (system, run_at, id) WHERE dead_at IS NULL AND kind <> 'deliver_webhook';

-- Written by each claim; who waits for a lease to run out looks again every second anyway.
DROP INDEX jobs_leased;

-- The last failure that was noted of an endpoint that is failing: after a long silence, failures begin to count anew.
ALTER TABLE webhooks ADD COLUMN failed_at BIGINT;

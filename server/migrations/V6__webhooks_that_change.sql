-- Webhooks that change: secrets rotate, headers and a description are added, an endpoint that is no use is disabled.
ALTER TABLE webhooks ADD COLUMN description TEXT;
ALTER TABLE webhooks ADD COLUMN headers TEXT;         -- sealed JSON object: sent with each callback
ALTER TABLE webhooks ADD COLUMN retired_secrets TEXT; -- sealed JSON array: they sign beside the current one until they expire
ALTER TABLE webhooks ADD COLUMN disabled_at BIGINT;
ALTER TABLE webhooks ADD COLUMN disabled_reason TEXT; -- by_owner, gone, failing
ALTER TABLE webhooks ADD COLUMN failing_since BIGINT; -- the first failure after the last success

-- Events may be about a webhook, not a lead: lead_id and sequence become optional, which takes a new table in SQLite.
CREATE TABLE events_about_anything (
    id         TEXT PRIMARY KEY,
    workspace  TEXT NOT NULL,
    grant_id   TEXT NOT NULL,
    type       TEXT NOT NULL,
    lead_id    TEXT,
    sequence   BIGINT,
    body       TEXT NOT NULL, -- sealed: the callback, byte for byte as it is signed and sent
    created_at BIGINT NOT NULL
);
INSERT INTO events_about_anything (id, workspace, grant_id, type, lead_id, sequence, body, created_at)
    SELECT id, workspace, grant_id, type, lead_id, sequence, body, created_at FROM events;
DROP TABLE events;
ALTER TABLE events_about_anything RENAME TO events;
CREATE UNIQUE INDEX events_in_sequence ON events (lead_id, sequence);

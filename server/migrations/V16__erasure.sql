-- Whom a phone belongs to is forgotten on request, and what has ended long ago as each workspace wishes.
ALTER TABLE workspaces ADD COLUMN retention_days BIGINT; -- none: leads are kept
CREATE INDEX leads_by_phone ON leads (phone_index, id);
CREATE INDEX leads_by_end ON leads (workspace, ended_at) WHERE ended_at IS NOT NULL;

-- Lists of leads, newest first: each page is read off one of these, so its cost does not grow with what is stored. Filters by record
-- need no grant and stage in their index: a record has few leads. Of two that look equally good SQLite takes the younger last, so
-- the narrowest come first.
CREATE INDEX leads_listed_by_record ON leads (workspace, record_id, created_at, id);
CREATE INDEX leads_listed_by_grant_and_stage ON leads (workspace, grant_id, stage, created_at, id);
CREATE INDEX leads_listed_by_stage ON leads (workspace, stage, created_at, id);
CREATE INDEX leads_listed_by_grant ON leads (workspace, grant_id, created_at, id);
CREATE INDEX leads_listed ON leads (workspace, created_at, id);

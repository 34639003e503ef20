-- A record that was written as its newest callback has it is not written again: of several callbacks in a row the last is enough.
ALTER TABLE record_updates ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
ALTER TABLE record_updates ADD COLUMN written_revision BIGINT NOT NULL DEFAULT 0;

-- A workspace in test mode texts nobody: its leads talk on phones that are a page of ours. A lead stays what it was born as.
ALTER TABLE workspaces ADD COLUMN mode TEXT NOT NULL DEFAULT 'live'; -- live | test
ALTER TABLE leads ADD COLUMN is_test BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX leads_of_sandbox ON leads (workspace, created_at, id) WHERE is_test;
CREATE INDEX stray_messages_by_numbers ON stray_messages (phone_index, our_number);

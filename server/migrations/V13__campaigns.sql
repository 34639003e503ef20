-- What a workspace says to its leads, by name. "default" is for leads that name none.
CREATE TABLE campaigns (
    workspace  TEXT NOT NULL,
    name       TEXT NOT NULL,
    body       TEXT NOT NULL, -- JSON
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, name)
);

-- A conversation goes on with the campaign as it was when it began: whoever has read one offer must not be asked about another. A copy,
-- not a version's number: the row is read for every turn anyway, so a turn costs no query more, and nothing has to be kept of old
-- versions for as long as the longest conversation. None: begun by an earlier version, with the campaign of the settings.
-- (`progress` is sealed from here on, for it holds answers; what begins with a brace was stored by an earlier version.)
ALTER TABLE conversations ADD COLUMN campaign TEXT; -- JSON

-- A reply that comes late finds the last conversation between its two numbers.
CREATE INDEX conversations_by_numbers ON conversations (phone_index, our_number, created_at);

-- Caps are counters: asking is one row, however many texts there were.

-- Texts to a phone in a day (of UTC), over all workspaces: the operator's own.
CREATE TABLE phone_days (
    phone_index TEXT NOT NULL,
    day         BIGINT NOT NULL, -- since 1970
    texts       BIGINT NOT NULL,
    PRIMARY KEY (phone_index, day)
);
CREATE INDEX phone_days_by_age ON phone_days (day);

-- What a workspace has sent in a day or a month (of UTC).
CREATE TABLE tallies (
    workspace TEXT NOT NULL,
    period    TEXT NOT NULL, -- 2026-11-21 | 2026-11
    texts     BIGINT NOT NULL,
    segments  BIGINT NOT NULL,
    PRIMARY KEY (workspace, period)
);

ALTER TABLE workspaces ADD COLUMN monthly_segments BIGINT; -- none: no limit
-- Who confirmed that the workspace may text the people it sends.
ALTER TABLE workspaces ADD COLUMN consent_by TEXT; -- sealed
ALTER TABLE workspaces ADD COLUMN consent_at BIGINT;

ALTER TABLE messages ADD COLUMN segments BIGINT;
ALTER TABLE messages ADD COLUMN counted_at BIGINT; -- none: in no tally yet
CREATE INDEX conversations_by_phone ON conversations (workspace, phone_index, created_at);

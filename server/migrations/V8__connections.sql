-- Our own links to outside systems, and what partners' callbacks brought for the records behind them.

CREATE TABLE connections (
    id              TEXT PRIMARY KEY,
    workspace       TEXT NOT NULL,
    provider        TEXT NOT NULL, -- attio
    token           TEXT NOT NULL, -- sealed
    callback_secret TEXT NOT NULL, -- sealed
    created_at      BIGINT NOT NULL,
    removed_at      BIGINT
);

-- What has come in: partners deliver at least once.
CREATE TABLE received_callbacks (
    workspace     TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    webhook_id    TEXT NOT NULL, -- the sender's
    received_at   BIGINT NOT NULL,
    PRIMARY KEY (connection_id, webhook_id)
);
CREATE INDEX received_callbacks_by_age ON received_callbacks (received_at);

-- The newest that partners said of a record.
CREATE TABLE record_updates (
    workspace     TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    record_id     TEXT NOT NULL,
    lead_id       TEXT,   -- the sender's
    sequence      BIGINT, -- the sender's
    told_at       BIGINT NOT NULL,
    attributes    TEXT NOT NULL, -- sealed: what to PATCH
    PRIMARY KEY (connection_id, record_id)
);

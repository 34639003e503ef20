-- What was answered to requests that carry an Idempotency-Key, written in the same commit as what they did.

CREATE TABLE idempotency_keys (
    id            TEXT PRIMARY KEY, -- keyed hash of grant and key: whoever chose the key may have put anything into it
    workspace     TEXT NOT NULL,
    grant_id      TEXT NOT NULL,
    request_index TEXT NOT NULL, -- keyed hash of method, path and body
    status        BIGINT NOT NULL,
    answer        TEXT NOT NULL, -- sealed: the body of the answer
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL
);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);

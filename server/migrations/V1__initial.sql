-- One text for SQLite and PostgreSQL: TEXT, BIGINT and BOOLEAN only. Times are milliseconds since 1970 UTC, ids are text
-- that sorts by time of birth. "sealed" columns are encrypted and bound to their row, "…_index" columns are keyed hashes that
-- find a row by what is sealed, "…_hash" columns only ever get compared.
-- Every table of tenant data names its workspace; the operator's own tables are: workspaces, users, oauth_clients,
-- opt_outs, stray_messages, schedules (and the migrations' own history).

CREATE TABLE workspaces (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    default_region TEXT,
    created_at     BIGINT NOT NULL
);

CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    workspace     TEXT NOT NULL REFERENCES workspaces (id),
    email         TEXT NOT NULL, -- sealed
    email_index   TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL, -- argon2id, PHC string
    role          TEXT NOT NULL, -- admin | member
    created_at    BIGINT NOT NULL
);

CREATE TABLE oauth_clients (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    secret_hash   TEXT, -- none for public clients
    redirect_uris TEXT NOT NULL, -- JSON array, compared exactly
    created_at    BIGINT NOT NULL,
    deleted_at    BIGINT
);

CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,
    workspace  TEXT NOT NULL,
    user_id    TEXT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- One consent of one user to one client. An operator's token hangs on a grant without client and user.
CREATE TABLE grants (
    id             TEXT PRIMARY KEY,
    workspace      TEXT NOT NULL REFERENCES workspaces (id),
    user_id        TEXT,
    client_id      TEXT,
    scope          TEXT NOT NULL, -- space separated
    created_at     BIGINT NOT NULL,
    revoked_at     BIGINT,
    revoked_reason TEXT
);
CREATE INDEX grants_by_client ON grants (client_id);

CREATE TABLE authorization_codes (
    code_hash      TEXT PRIMARY KEY,
    workspace      TEXT NOT NULL,
    grant_id       TEXT NOT NULL REFERENCES grants (id),
    client_id      TEXT NOT NULL,
    redirect_uri   TEXT NOT NULL,
    code_challenge TEXT,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    used_at        BIGINT
);
CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at);

CREATE TABLE tokens (
    token_hash TEXT PRIMARY KEY,
    workspace  TEXT NOT NULL,
    grant_id   TEXT NOT NULL REFERENCES grants (id),
    kind       TEXT NOT NULL, -- access | refresh
    scope      TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT, -- none: until revoked
    used_at    BIGINT  -- a refresh token that was rotated; seeing it again revokes the grant
);
CREATE INDEX tokens_by_grant ON tokens (grant_id);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

CREATE TABLE leads (
    id          TEXT PRIMARY KEY,
    workspace   TEXT NOT NULL,
    grant_id    TEXT NOT NULL,
    record_id   TEXT NOT NULL,
    name        TEXT NOT NULL, -- sealed
    phone       TEXT NOT NULL, -- sealed, E.164
    phone_index TEXT NOT NULL,
    campaign    TEXT,
    stage       TEXT NOT NULL,
    facts       TEXT NOT NULL, -- sealed JSON: the stage with what is true in it
    sequence    BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    deadline_at BIGINT NOT NULL, -- it has ended by then, one way or another
    ended_at    BIGINT
);
-- At most one live lead of a record under a grant.
CREATE UNIQUE INDEX leads_live ON leads (workspace, grant_id, record_id) WHERE ended_at IS NULL;
CREATE INDEX leads_by_grant ON leads (grant_id) WHERE ended_at IS NULL;

CREATE TABLE conversations (
    id          TEXT PRIMARY KEY,
    workspace   TEXT NOT NULL,
    lead_id     TEXT NOT NULL UNIQUE,
    our_number  TEXT NOT NULL,
    phone_index TEXT NOT NULL,
    progress    TEXT NOT NULL, -- JSON
    silent_at   BIGINT NOT NULL, -- when silence becomes the answer; moves with every message
    created_at  BIGINT NOT NULL,
    ended_at    BIGINT
);
-- An inbound SMS is matched by its two numbers, so over all workspaces at most one conversation lives per pair.
CREATE UNIQUE INDEX conversations_live ON conversations (our_number, phone_index) WHERE ended_at IS NULL;

-- Leads that wait for a pair of numbers, first come, first served.
CREATE TABLE waiting_leads (
    lead_id     TEXT PRIMARY KEY,
    workspace   TEXT NOT NULL,
    phone_index TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE INDEX waiting_leads_by_phone ON waiting_leads (phone_index, lead_id);

CREATE TABLE messages (
    id              TEXT PRIMARY KEY,
    workspace       TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    lead_id         TEXT NOT NULL,
    direction       TEXT NOT NULL, -- out | in
    body            TEXT NOT NULL, -- sealed
    state           TEXT NOT NULL, -- planned, sending, sent, delivered, undelivered, failed, unconfirmed | received
    gateway_id      TEXT UNIQUE,   -- the gateway's own id; an inbound message seen twice has the same
    error_code      TEXT,
    created_at      BIGINT NOT NULL,
    sending_at      BIGINT,
    updated_at      BIGINT NOT NULL
);
CREATE INDEX messages_by_conversation ON messages (conversation_id, id);

CREATE TABLE stray_messages (
    id          TEXT PRIMARY KEY,
    gateway_id  TEXT NOT NULL UNIQUE,
    our_number  TEXT NOT NULL,
    phone       TEXT NOT NULL, -- sealed
    phone_index TEXT NOT NULL,
    body        TEXT NOT NULL, -- sealed
    received_at BIGINT NOT NULL
);

-- A phone that said stop, over all workspaces, for ever (until it says start).
CREATE TABLE opt_outs (
    phone_index TEXT PRIMARY KEY,
    source      TEXT NOT NULL, -- keyword | gateway
    created_at  BIGINT NOT NULL
);

CREATE TABLE events (
    id         TEXT PRIMARY KEY,
    workspace  TEXT NOT NULL,
    grant_id   TEXT NOT NULL,
    type       TEXT NOT NULL,
    lead_id    TEXT NOT NULL,
    sequence   BIGINT NOT NULL,
    body       TEXT NOT NULL, -- sealed: the callback, byte for byte as it is signed and sent
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX events_in_sequence ON events (lead_id, sequence);

CREATE TABLE webhooks (
    id              TEXT PRIMARY KEY,
    workspace       TEXT NOT NULL,
    grant_id        TEXT NOT NULL,
    whole_workspace BOOLEAN NOT NULL, -- the operator's: gets the leads of every grant
    name            TEXT NOT NULL,
    url             TEXT NOT NULL,
    events          TEXT NOT NULL, -- JSON array of event types
    secret          TEXT NOT NULL, -- sealed
    created_at      BIGINT NOT NULL,
    deleted_at      BIGINT,
    drains          BOOLEAN NOT NULL -- deleted with its grant: still hears what was announced before
);
CREATE INDEX webhooks_live ON webhooks (workspace, id) WHERE deleted_at IS NULL;

CREATE TABLE deliveries (
    id           TEXT PRIMARY KEY,
    workspace    TEXT NOT NULL,
    webhook_id   TEXT NOT NULL,
    event_id     TEXT NOT NULL,
    lane         TEXT NOT NULL,
    trace        TEXT NOT NULL,
    state        TEXT NOT NULL, -- pending, delivered, failed, dropped
    attempts     BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    ended_at     BIGINT
);
CREATE INDEX deliveries_by_webhook ON deliveries (webhook_id, id);

CREATE TABLE attempts (
    id          TEXT PRIMARY KEY,
    workspace   TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    status      BIGINT, -- none: no answer
    error       TEXT,
    latency_ms  BIGINT NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE INDEX attempts_by_delivery ON attempts (delivery_id, id);

-- One thing to do later. A job waits for every earlier one of its lane; `system` is who is asked, and bounds how many run
-- at once, so that a slow tenant or endpoint holds up nobody else.
CREATE TABLE jobs (
    id          TEXT PRIMARY KEY,
    workspace   TEXT NOT NULL,
    system      TEXT NOT NULL,
    lane        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    payload     TEXT NOT NULL, -- JSON, ids only
    trace       TEXT NOT NULL,
    run_at      BIGINT NOT NULL,
    failures    BIGINT NOT NULL,
    lease       TEXT,
    lease_until BIGINT,
    last_error  TEXT,
    created_at  BIGINT NOT NULL,
    dead_at     BIGINT -- gave up: kept, replayable
);
CREATE INDEX jobs_due ON jobs (run_at, id) WHERE dead_at IS NULL;
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX jobs_by_lane ON jobs (lane, id) WHERE dead_at IS NULL;

CREATE TABLE schedules (
    name    TEXT PRIMARY KEY,
    next_at BIGINT NOT NULL
);

CREATE TABLE audit (
    id         TEXT PRIMARY KEY,
    workspace  TEXT NOT NULL,
    actor      TEXT NOT NULL, -- user, client, grant or "operator"
    action     TEXT NOT NULL,
    target     TEXT NOT NULL,
    trace      TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX audit_by_workspace ON audit (workspace, id);

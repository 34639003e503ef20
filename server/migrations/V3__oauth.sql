-- What the provider must remember when answers get lost, passwords are guessed, secrets change and access runs out.

-- The refresh token that a pair was exchanged for: a client that lost the answer may ask again while nobody has used the pair.
ALTER TABLE tokens ADD COLUMN exchanged_for TEXT;
CREATE INDEX tokens_by_exchange ON tokens (exchanged_for) WHERE exchanged_for IS NOT NULL;

-- How many passwords were tried in vain of late: the operator's, for an address that tries may belong to nobody.
CREATE TABLE login_failures (
    subject  TEXT PRIMARY KEY, -- keyed hash of an email address, or of where requests come from
    failures BIGINT NOT NULL,
    ends_at  BIGINT NOT NULL -- when they are forgotten
);
CREATE INDEX login_failures_by_end ON login_failures (ends_at);

-- While a secret is exchanged for the next, both are good.
ALTER TABLE oauth_clients ADD COLUMN old_secret_hash TEXT;
ALTER TABLE oauth_clients ADD COLUMN old_secret_retires_at BIGINT;

-- Hash of the path that the login led to: a request that insists on a login finds its own.
ALTER TABLE sessions ADD COLUMN entered_for TEXT;

CREATE INDEX grants_live ON grants (id) WHERE revoked_at IS NULL;
CREATE INDEX grants_of_user ON grants (user_id, client_id) WHERE revoked_at IS NULL;
CREATE INDEX authorization_codes_by_grant ON authorization_codes (grant_id);

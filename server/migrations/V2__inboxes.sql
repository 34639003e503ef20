-- How far the inbox of each of our numbers was read at the gateway. The operator's own, as the numbers are.

CREATE TABLE inboxes (
    our_number TEXT PRIMARY KEY,
    read_until BIGINT NOT NULL
);

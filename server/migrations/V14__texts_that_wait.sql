-- A text that must not go now says until when and why; none: nothing holds it.
ALTER TABLE messages ADD COLUMN held_until BIGINT;
ALTER TABLE messages ADD COLUMN held_for TEXT; -- a stable word

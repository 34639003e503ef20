-- What failed at a webhook is found without walking over what was delivered.
CREATE INDEX deliveries_by_state ON deliveries (webhook_id, state, id);

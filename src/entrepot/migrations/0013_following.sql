-- deploy: before
-- Following: what happened gets a gap-free number in the order it was committed, and each follower
-- remembers how far it has read. The feed is what shops are told of what they can promise.

-- Whose figures an event changed, or may have changed, so that nobody has to read its answer.
ALTER TABLE outbox ADD COLUMN variants uuid [];

CREATE INDEX outbox_by_seq ON outbox (seq) WHERE seq IS NOT NULL;

-- How far the sequencer has counted, and each follower read.
CREATE TABLE followers (
    name text NOT NULL,
    seq bigint NOT NULL,
    CONSTRAINT followers_pk PRIMARY KEY (name)
);

-- What is to be looked at before it is published.
CREATE TABLE feed_touched (
    retailer uuid NOT NULL,
    variant uuid NOT NULL,
    CONSTRAINT feed_touched_pk PRIMARY KEY (retailer, variant)
);

-- What was published last: an absolute number (NULL: unlimited) under its own rising version. The
-- feed is read by `place`, which rises with each publication to a retailer.
CREATE TABLE feed_numbers (
    retailer uuid NOT NULL,
    variant uuid NOT NULL,
    available_to_promise numeric(15, 3),
    version bigint NOT NULL,
    place bigint NOT NULL,
    published_at timestamptz NOT NULL,
    CONSTRAINT feed_numbers_pk PRIMARY KEY (retailer, variant)
);

CREATE UNIQUE INDEX feed_numbers_by_place ON feed_numbers (retailer, place);

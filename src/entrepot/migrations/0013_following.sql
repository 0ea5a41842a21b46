-- deploy: before
-- Following: what happened gets a gap-free number in the order it was committed, and each follower
-- remembers how far it has read. The feed is what shops are told of what they can promise.

-- Whose figures an event changed, or may have changed, so that nobody has to read its answer.
ALTER TABLE outbox ADD COLUMN variants uuid [];

CREATE INDEX outbox_by_seq ON outbox (seq) WHERE seq IS NOT NULL;

-- Events are numbered oldest first, however many wait.
DROP INDEX outbox_unstamped;

CREATE INDEX outbox_unnumbered ON outbox (at, id, organisation) WHERE seq IS NULL;

-- How far the sequencer has counted, and each follower read.
CREATE TABLE followers (
    name text NOT NULL,
    seq bigint NOT NULL,
    CONSTRAINT followers_pk PRIMARY KEY (name),
    CONSTRAINT followers_seq_not_negative CHECK (seq >= 0)
);

-- Numbers to look at again, since when, and whether by an act on a partnership, a product match or
-- an allocation: what that opened may have been closed when orders that wait were looked at last.
CREATE TABLE feed_touched (
    retailer uuid NOT NULL,
    variant uuid NOT NULL,
    touched_at timestamptz NOT NULL,
    by_agreement boolean NOT NULL,
    CONSTRAINT feed_touched_pk PRIMARY KEY (retailer, variant)
);

CREATE INDEX feed_touched_by_age ON feed_touched (touched_at, retailer, variant);

-- What was published last: an absolute number (NULL: unlimited) under its own rising version. The
-- feed is read by `place`, which rises with each publication to a retailer. What partners offered
-- is part of it (NULL: unlimited), kept to see it rise; nobody is shown it.
CREATE TABLE feed_numbers (
    retailer uuid NOT NULL,
    variant uuid NOT NULL,
    available_to_promise numeric(15, 3),
    offered numeric(15, 3),
    version bigint NOT NULL,
    place bigint NOT NULL,
    published_at timestamptz NOT NULL,
    CONSTRAINT feed_numbers_pk PRIMARY KEY (retailer, variant),
    CONSTRAINT feed_numbers_not_negative CHECK (available_to_promise >= 0 AND offered >= 0),
    CONSTRAINT feed_numbers_version_positive CHECK (version >= 1 AND place >= 1)
);

CREATE UNIQUE INDEX feed_numbers_by_place ON feed_numbers (retailer, place);

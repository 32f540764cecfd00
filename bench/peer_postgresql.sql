-- The least that a loyalty table needs for a purchase, in one call: an event that is recorded once,
-- two postings, a lot, the balance. No rules, no tiers, no limits, no returns, no history to read.
-- bench/peer_postgresql loads it and measures it.

CREATE TABLE member (id integer PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 70);
CREATE TABLE event (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    member integer NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    body jsonb NOT NULL
);
CREATE TABLE posting (
    position bigint NOT NULL, account smallint NOT NULL, wallet smallint NOT NULL,
    amount bigint NOT NULL
);
CREATE TABLE lot (
    position bigint PRIMARY KEY, member integer NOT NULL, amount bigint NOT NULL,
    remaining bigint NOT NULL, expires_at timestamptz NOT NULL
);
CREATE INDEX lot_by_member ON lot (member, expires_at);
INSERT INTO member SELECT id, 0 FROM generate_series(0, 9999) AS id;

-- The new balance; of a repeated key the present one, with no effect.
CREATE FUNCTION purchase(given_key text, given_member integer, points bigint, given_body jsonb)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    at bigint;
    answer bigint;
BEGIN
    INSERT INTO event (key, member, body) VALUES (given_key, given_member, given_body)
        ON CONFLICT (key) DO NOTHING RETURNING position INTO at;
    IF at IS NULL THEN
        SELECT balance INTO answer FROM member WHERE id = given_member;
        RETURN answer;
    END IF;
    INSERT INTO posting VALUES (at, 1, 1, points), (at, 2, 1, -points);
    INSERT INTO lot VALUES (at, given_member, points, points, now() + interval '1 year');
    UPDATE member SET balance = balance + points WHERE id = given_member RETURNING balance INTO answer;
    RETURN answer;
END $$;

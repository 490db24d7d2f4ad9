-- The customer's PostgreSQL database: bird strikes, as reported to the FAA. Run by psql as the superuser, in the folder
-- of birdstrikes.csv; $reader_password and $writer_password come from the environment.
\set ON_ERROR_STOP on
\getenv reader_password reader_password
\getenv writer_password writer_password
SET client_min_messages = warning;

BEGIN;
DROP SCHEMA IF EXISTS wildlife CASCADE;
CREATE SCHEMA wildlife;

CREATE TABLE wildlife.bird_strikes (
    airport text NOT NULL,
    aircraft text,
    damage text,
    flight_date date NOT NULL,
    operator text,
    origin_state text,
    flight_phase text,
    wildlife_size text,
    species text,
    time_of_day text,
    cost_other bigint,
    cost_repair bigint,
    cost_total bigint,
    speed_knots integer
);
\copy wildlife.bird_strikes FROM 'birdstrikes.csv' (FORMAT csv, HEADER)

-- The only state that the file abbreviates.
UPDATE wildlife.bird_strikes SET origin_state = 'District of Columbia' WHERE origin_state = 'DC';

CREATE INDEX ON wildlife.bird_strikes (origin_state);
CREATE INDEX ON wildlife.bird_strikes (flight_date);

-- The part of the sharded table nature.strikes that node `operations` has, and its copy of the other one.
CREATE SCHEMA IF NOT EXISTS shards;
CREATE TABLE IF NOT EXISTS shards.strikes_late (
    year bigint NOT NULL,
    id bigint NOT NULL,
    state text,
    species text,
    cost bigint,
    PRIMARY KEY (year, id)
);
CREATE TABLE IF NOT EXISTS shards.strikes_early (LIKE shards.strikes_late INCLUDING ALL);

SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mesh_reader') AS is_new \gset
\if :is_new
CREATE ROLE mesh_reader LOGIN;
\endif
ALTER ROLE mesh_reader PASSWORD :'reader_password';
GRANT USAGE ON SCHEMA wildlife TO mesh_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA wildlife TO mesh_reader;
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mesh_writer') AS is_new \gset
\if :is_new
CREATE ROLE mesh_writer LOGIN;
\endif
ALTER ROLE mesh_writer PASSWORD :'writer_password';
GRANT USAGE ON SCHEMA shards TO mesh_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA shards TO mesh_writer;
COMMIT;

ANALYZE wildlife.bird_strikes;

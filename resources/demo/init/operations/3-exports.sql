-- What the job `nightly-delays` has exported. Written so that it can run again.
CREATE SCHEMA IF NOT EXISTS reports;
GRANT USAGE ON SCHEMA reports TO tessera_user;
CREATE TABLE IF NOT EXISTS reports.exports (
    run bigint PRIMARY KEY,
    day date NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON reports.exports TO tessera_user;
GRANT INSERT ON reports.exports TO etl;
COMMENT ON TABLE reports.exports IS 'Which run of the job `nightly-delays` has exported which day';

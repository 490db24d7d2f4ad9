-- What jobs bring here. Written so that it can run again.
CREATE SCHEMA IF NOT EXISTS archive;
GRANT USAGE ON SCHEMA archive TO tessera_user;
CREATE TABLE IF NOT EXISTS archive.weather (
    location text NOT NULL,
    date date NOT NULL,
    precipitation float8 NOT NULL,
    temp_max float8 NOT NULL,
    temp_min float8 NOT NULL,
    wind float8 NOT NULL,
    weather text NOT NULL,
    PRIMARY KEY (location, date)
);
GRANT SELECT ON archive.weather TO tessera_user;
GRANT INSERT ON archive.weather TO etl;
COMMENT ON TABLE archive.weather IS
'The weather that node `lake` has, copied by the job `weather-archive`: each hour what is new.

#nature #daily';

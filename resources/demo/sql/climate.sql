-- The SQLite database of node `lake`: daily weather and where it was measured. Run by `sqlite3` in the folder of the CSV
-- files.
.bail on
CREATE TABLE stations (
    location TEXT PRIMARY KEY,
    state TEXT NOT NULL
) STRICT;
CREATE TABLE weather (
    location TEXT NOT NULL REFERENCES stations,
    date DATE NOT NULL,
    precipitation REAL NOT NULL,
    temp_max REAL NOT NULL,
    temp_min REAL NOT NULL,
    wind REAL NOT NULL,
    weather TEXT NOT NULL,
    PRIMARY KEY (location, date)
);
.import --csv --skip 1 stations.csv stations
.import --csv --skip 1 weather.csv weather
ANALYZE;

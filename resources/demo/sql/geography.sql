-- The MariaDB database: airports, states, ZIP codes. Run by the client `mariadb` in the folder of the CSV files.
DROP DATABASE IF EXISTS geography;
CREATE DATABASE geography CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
USE geography;

CREATE TABLE states (
    code char(2) PRIMARY KEY,
    name varchar(40) NOT NULL UNIQUE
);
LOAD DATA LOCAL INFILE 'states.csv' INTO TABLE states
    FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' IGNORE 1 LINES;

CREATE TABLE airports (
    iata varchar(4) PRIMARY KEY,
    name varchar(80) NOT NULL,
    city varchar(60),
    state char(2),
    country varchar(40) NOT NULL,
    latitude double NOT NULL,
    longitude double NOT NULL,
    KEY (state)
);
LOAD DATA LOCAL INFILE 'airports.csv' INTO TABLE airports
    FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' IGNORE 1 LINES;

CREATE TABLE zipcodes (
    zip_code char(5) PRIMARY KEY,
    latitude double,
    longitude double,
    city varchar(60),
    state char(2),
    county varchar(60),
    KEY (state)
);
LOAD DATA LOCAL INFILE 'zipcodes.csv' INTO TABLE zipcodes
    FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' IGNORE 1 LINES;

ANALYZE TABLE states, airports, zipcodes;

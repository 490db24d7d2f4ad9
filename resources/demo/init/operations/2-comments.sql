-- What stands in the catalog beside the tables: Markdown, with #words as tags. Written so that it can run again.
COMMENT ON FOREIGN TABLE wildlife.bird_strikes IS
'Collisions of aircraft with birds that were reported to the FAA, 1990 to 2002, and what they cost.

#nature #safety';
COMMENT ON COLUMN wildlife.bird_strikes.origin_state IS 'The state in words: `geography.states.name`';
COMMENT ON COLUMN wildlife.bird_strikes.cost_total IS 'US dollars';
COMMENT ON FOREIGN TABLE geography.airports IS
'Where planes land: every airport of the United States with its place.

#transport #public';
COMMENT ON COLUMN geography.airports.iata IS 'The code of three letters on luggage tags';
COMMENT ON FOREIGN TABLE geography.states IS 'The states and their two-letter codes.

#public';
COMMENT ON FOREIGN TABLE geography.zipcodes IS 'ZIP codes with the middle of the area they stand for.

#public';
COMMENT ON FOREIGN TABLE lake.flights IS
'Departures of US airlines in the first half of 2001, one row each: a Parquet file at node `lake`.

Delays are in minutes; negative ones left early.

#transport #public';
COMMENT ON COLUMN lake.flights.delay IS 'Minutes behind the timetable at arrival; negative: early';
COMMENT ON COLUMN lake.flights.origin IS 'IATA code of the airport it left from: `geography.airports.iata`';
COMMENT ON COLUMN lake.flights.destination IS 'IATA code of the airport it went to';
COMMENT ON FOREIGN TABLE lake.routes IS
'How many flights went from one airport to another. A station sees its own only.

#transport #restricted';
COMMENT ON FOREIGN TABLE lake.earthquakes IS 'A week of earthquakes, February 2018, as the USGS published them.

#nature #public';
COMMENT ON FOREIGN TABLE climate.weather IS
'Daily weather of Seattle and New York, 2012 to 2015: rain, wind and temperature.

#nature #daily';

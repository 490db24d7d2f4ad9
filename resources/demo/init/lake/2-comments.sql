-- What stands in the catalog beside the tables: Markdown, with #words as tags. Written so that it can run again.
COMMENT ON FOREIGN TABLE lake.flights IS
'Departures of US airlines in the first half of 2001, one row each.

Delays are in minutes; negative ones left early.

#transport #public';
COMMENT ON COLUMN lake.flights.delay IS 'Minutes behind the timetable at arrival; negative: early';
COMMENT ON COLUMN lake.flights.origin IS 'IATA code of the airport it left from';
COMMENT ON COLUMN lake.flights.destination IS 'IATA code of the airport it went to';
COMMENT ON COLUMN lake.flights.distance IS 'Miles';
COMMENT ON FOREIGN TABLE lake.routes IS
'How many flights went from one airport to another. A station sees its own only.

#transport #restricted';
COMMENT ON FOREIGN TABLE lake.earthquakes IS
'A week of earthquakes, February 2018, as the USGS published them.

#nature #public';
COMMENT ON COLUMN lake.earthquakes.magnitude IS 'On the moment magnitude scale, mostly';
COMMENT ON FOREIGN TABLE climate.weather IS
'Daily weather of Seattle and New York, 2012 to 2015: rain, wind and temperature.

#nature #daily';
COMMENT ON COLUMN climate.weather.precipitation IS 'Millimetres of rain and melted snow';
COMMENT ON FOREIGN TABLE climate.stations IS 'Where the weather was measured.

#nature';

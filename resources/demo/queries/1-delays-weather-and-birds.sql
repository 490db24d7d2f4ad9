-- Four systems on two nodes in one statement: flights are a Parquet file and weather is SQLite, both on node `lake`;
-- airports are in MariaDB and bird strikes in PostgreSQL, at node `operations`.
--
-- For every airport in the states whose weather is known: how late its flights left in the first half of 2001, how much
-- it rains there on a day, and what bird strikes have cost in that state.
SELECT airport.iata,
       airport.city,
       state.name AS state,
       delays.flights,
       round(delays.mean_delay::numeric, 1) AS mean_delay_minutes,
       round(rain.millimetres::numeric, 1) AS rain_mm_a_day,
       birds.strikes AS bird_strikes,
       birds.cost AS bird_strike_cost
FROM (SELECT origin, count(*) AS flights, avg(delay) AS mean_delay FROM lake.flights GROUP BY origin) AS delays
JOIN geography.airports AS airport ON airport.iata = delays.origin
JOIN geography.states AS state ON state.code = airport.state
JOIN (SELECT station.state, avg(weather.precipitation) AS millimetres
      FROM climate.weather JOIN climate.stations AS station ON station.location = weather.location
      GROUP BY station.state) AS rain ON rain.state = airport.state
JOIN (SELECT origin_state, count(*) AS strikes, sum(cost_total) AS cost
      FROM wildlife.bird_strikes GROUP BY origin_state) AS birds ON birds.origin_state = state.name
ORDER BY delays.mean_delay DESC, airport.iata;

-- Parquet with MariaDB: the ten states whose flights left latest on average.
SELECT state.name AS state,
       sum(delays.flights) AS flights,
       round(sum(delays.minutes) / sum(delays.flights), 1) AS mean_delay_minutes
FROM (SELECT origin, count(*) AS flights, sum(delay) AS minutes FROM lake.flights GROUP BY origin) AS delays
JOIN geography.airports AS airport ON airport.iata = delays.origin
JOIN geography.states AS state ON state.code = airport.state
GROUP BY state.name
HAVING sum(delays.flights) >= 1000
ORDER BY mean_delay_minutes DESC, state.name
LIMIT 10;

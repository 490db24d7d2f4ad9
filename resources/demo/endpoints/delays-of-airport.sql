/*
endpoint: delays-of-airport
documentation: How late flights from an airport were, month by month.
tags: [flights]
parameters:
  - {name: airport, required: true, max_length: 4, documentation: Its code, example: SEA}
  - {name: least_delay, type: integer, default: 0, min: 0, max: 1440, documentation: Only flights at least so many minutes late}
cache: {seconds: 300}
numbers: [flights]
nodes: [operations]
*/
SELECT to_char(date_trunc('month', date), 'YYYY-MM') AS month, count(*) AS flights, round(avg(delay), 1)::float8 AS average_delay
FROM lake.flights
WHERE origin = :airport AND delay >= :least_delay
GROUP BY 1
ORDER BY 1

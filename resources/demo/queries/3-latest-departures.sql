-- Parquet with MariaDB, twice: the ten latest departures of New Year's week 2001, with the cities in words.
SELECT flight.date AS departure,
       flight.delay AS delay_minutes,
       origin.city || ', ' || origin.state AS "from",
       destination.city || ', ' || destination.state AS "to",
       flight.distance AS miles
FROM lake.flights AS flight
JOIN geography.airports AS origin ON origin.iata = flight.origin
JOIN geography.airports AS destination ON destination.iata = flight.destination
WHERE flight.date < '2001-01-08' AND flight.delay > 600
ORDER BY flight.delay DESC, flight.date, flight.origin, flight.destination
LIMIT 10;

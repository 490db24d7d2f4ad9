-- JSON with MariaDB: the strongest earthquakes of a week in February 2018 within about 50 km of an airport.
SELECT earthquake.magnitude,
       earthquake.time,
       earthquake.place,
       count(*) AS airports_near,
       min(airport.name) AS one_of_them
FROM lake.earthquakes AS earthquake
JOIN geography.airports AS airport
  ON airport.latitude BETWEEN earthquake.latitude - 0.5 AND earthquake.latitude + 0.5
 AND airport.longitude BETWEEN earthquake.longitude - 0.5 AND earthquake.longitude + 0.5
WHERE earthquake.magnitude >= 3
GROUP BY earthquake.id, earthquake.magnitude, earthquake.time, earthquake.place
ORDER BY earthquake.magnitude DESC, earthquake.time
LIMIT 10;

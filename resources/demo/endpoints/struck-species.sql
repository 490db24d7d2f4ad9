/*
endpoint: struck-species
documentation: Animals that aircraft struck, the most frequent first.
tags: [wildlife]
parameters:
  - {name: since, type: date, default: 1990-01-01, documentation: On or after this day}
  - {name: sizes, list: true, enum: [Small, Medium, Large], documentation: Of the animals}
page: {key: [strikes desc, species], size: 20, max: 500}
sort: [cost]
rate: {requests: 600, seconds: 60}
numbers: [strikes, cost]
nodes: [operations]
*/
SELECT species, count(*) AS strikes, sum(cost_total) AS cost
FROM wildlife.bird_strikes
WHERE flight_date >= :since AND (:sizes IS NULL OR wildlife_size = ANY(:sizes))
GROUP BY species

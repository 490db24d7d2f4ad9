-- Each row goes to the node that has its year. Written so that it can run again.
INSERT INTO nature.strikes (year, id, state, species, cost)
SELECT extract(year FROM flight_date)::bigint, row_number() OVER (ORDER BY flight_date, airport, species, cost_total),
       origin_state, species, cost_total
FROM wildlife.bird_strikes
WHERE NOT EXISTS (SELECT FROM nature.strikes);

/*
endpoint: airports-of-state
documentation: The airports of a state, by their codes.
tags: [geography]
parameters:
  - {name: state, required: true, max_length: 2, documentation: The state's two letters, example: AK}
page: {key: [iata], size: 20, max: 200}
sort: [city, name]
not_null: [iata, name]
nodes: [operations]
*/
SELECT iata, name, city, latitude, longitude
FROM geography.airports
WHERE state = :state

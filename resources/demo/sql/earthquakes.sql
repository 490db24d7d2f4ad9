-- Earthquakes as lines of JSON, one each, from the GeoJSON file of the USGS, whose values are three levels deep. Run by
-- `sqlite3` in its folder.
.bail on
.mode list
SELECT json_object(
    'id', value ->> '$.id',
    'time', strftime('%Y-%m-%d %H:%M:%f', (value ->> '$.properties.time') / 1000.0, 'unixepoch'),
    'magnitude', value ->> '$.properties.mag',
    'depth_km', value ->> '$.geometry.coordinates[2]',
    'longitude', value ->> '$.geometry.coordinates[0]',
    'latitude', value ->> '$.geometry.coordinates[1]',
    'place', value ->> '$.properties.place')
FROM json_each(readfile('earthquakes.json'), '$.features');

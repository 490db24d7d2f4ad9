-- Routes lie on node `lake`. Planning sees them all; a station sees the ones that leave from it, by the claim `airport`
-- of whoever signed in. Written so that it can run again.
SELECT tessera.create_policy('lake.routes', 'everything', 'true', roles => ARRAY['analyst', 'planner']::name[]);
SELECT tessera.create_policy('lake.routes', 'own_airport', 'origin = (SELECT tessera.claim(''airport''))',
                             roles => ARRAY['station']::name[]);

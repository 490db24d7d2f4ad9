-- Routes lie on node `lake`, and node `operations` shows them; both nodes run this. Planning sees them all, and so does
-- node `operations`, which asks as a user of its own and lets its people see what they may; a station sees the ones that
-- leave from it, by the claim `airport` of whoever signed in. Whom node `archive` brings is judged here, too; its own
-- user only counts the rows. A role that a node does not have is nobody there. Written so that it can run again.
SELECT tessera.create_policy('lake.routes', 'everything', 'true', roles => ARRAY['analyst', 'planner', 'operations', 'archive']::name[]);
SELECT tessera.create_policy('lake.routes', 'own_airport', 'origin = (SELECT tessera.claim(''airport''))',
                             roles => ARRAY['station']::name[]);

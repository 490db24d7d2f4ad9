\echo Use "CREATE EXTENSION tessera_fdw" to load this file. \quit

CREATE FUNCTION fdw_handler() RETURNS fdw_handler
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'tessera_fdw_handler';

CREATE FUNCTION fdw_validator(text[], oid) RETURNS void
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'tessera_fdw_validator';

CREATE FOREIGN DATA WRAPPER tessera_fdw HANDLER fdw_handler VALIDATOR fdw_validator;

-- What a source says about the tables that IMPORT FOREIGN SCHEMA made; returns how many comments were set.
CREATE FUNCTION import_comments(server name, remote_schema text, local_schema text) RETURNS integer
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'tessera_import_comments';

-- How many rows a foreign table's source says it has, without reading them; NULL when it does not know.
CREATE FUNCTION source_row_count(foreign_table regclass) RETURNS double precision
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'tessera_source_row_count';

-- LIMIT and OFFSET as sources are told them that mean something else by NULL and negative numbers (limit.c).
CREATE FUNCTION row_limit(wanted bigint, skipped bigint) RETURNS bigint
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tessera_row_limit';
CREATE FUNCTION row_offset(skipped bigint) RETURNS bigint
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tessera_row_offset';

-- ---- Who a session acts for (identity.c) ----

-- The node's side: it signs what challenge() gives.
CREATE FUNCTION challenge() RETURNS text LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'tessera_challenge';
CREATE FUNCTION attach(context text, signature bytea) RETURNS void
    LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'tessera_attach';
CREATE FUNCTION detach(signature bytea) RETURNS void
    LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'tessera_detach';
-- The gateway's, signed likewise (handover.c).
CREATE FUNCTION adopt_client(signature bytea) RETURNS void
    LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'tessera_adopt_client';

-- All that is known of who the session acts for; NULL when nobody is attached.
CREATE FUNCTION identity() RETURNS jsonb
    LANGUAGE c STRICT STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tessera_identity';
-- The claims of the token that the person signed in with.
CREATE FUNCTION claims() RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tessera.identity() -> 'claims';
-- One of them as text: claim('email'), claim('realm_access', 'roles', '0'). In conditions on tables write
-- (SELECT tessera.claim('email')): it is then computed once, and sent to the source as a value.
CREATE FUNCTION claim(VARIADIC path text[]) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tessera.claims() #>> path;
CREATE FUNCTION user_id() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tessera.identity() ->> 'subject';
-- The nodes that act for the person, the nearest first; empty when the person signed in here.
CREATE FUNCTION actor_chain() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN ARRAY(SELECT jsonb_array_elements_text(tessera.identity() -> 'actors'));
-- An error with the message unless the condition is true.
CREATE FUNCTION require(condition boolean, message text) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tessera_require';
GRANT USAGE ON SCHEMA tessera TO PUBLIC;
REVOKE ALL ON FUNCTION import_comments(name, text, text), source_row_count(regclass) FROM PUBLIC;

-- A statement in the source's own words. It runs in this transaction's session with the source; values are passed as
-- text, in order. Not for everyone: it goes past foreign tables and their privileges.
CREATE FUNCTION remote_query(server name, statement text, VARIADIC parameters text[] DEFAULT '{}') RETURNS SETOF record
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'tessera_remote_query';
-- Returns how many rows it changed, where the source says.
CREATE FUNCTION remote_execute(server name, statement text, VARIADIC parameters text[] DEFAULT '{}') RETURNS bigint
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'tessera_remote_execute';
REVOKE EXECUTE ON FUNCTION remote_query(name, text, text[]), remote_execute(name, text, text[]) FROM PUBLIC;

-- A file of the query's rows, piece by piece: 'parquet', 'csv' with a line of names, or 'json' with an object a line. It
-- is written by the one source that can answer the query by itself, without PostgreSQL seeing the rows. Where that is
-- not so, or the source's values could be others than PostgreSQL's, it is refused: an error (0A000) or, if it is not to
-- be, no pieces. The query is planned, judged and audited as if the caller ran it.
CREATE FUNCTION file_of(query text, format text, must boolean DEFAULT true) RETURNS SETOF bytea
    LANGUAGE c STRICT VOLATILE ROWS 100 AS 'MODULE_PATHNAME', 'tessera_file_of';
-- Of the last such file of this session: how many rows it has, once it is complete; why it was refused.
CREATE FUNCTION last_file(OUT "rows" bigint, OUT refusal text) RETURNS record
    LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'tessera_last_file';

-- What a statement gives at another node, of which this one is a peer, to the person of this session. Nodes ask each
-- other for it in joins of several nodes' tables (docs/across-sources.md); people's own sessions are refused.
CREATE FUNCTION peer_rows_support(internal) RETURNS internal
    LANGUAGE c STRICT IMMUTABLE AS 'MODULE_PATHNAME', 'tessera_peer_rows_support';
CREATE FUNCTION peer_rows(peer text, statement text, expected_rows float8) RETURNS SETOF record
    LANGUAGE c STRICT STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'tessera_peer_rows'
    SUPPORT tessera.peer_rows_support;
-- What the last such call in this session has moved, for EXPLAIN of the one who asked; told once.
CREATE FUNCTION peer_reads(peer text, statement text, OUT rows bigint, OUT bytes bigint) RETURNS SETOF record
    LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'tessera_peer_reads';
-- Which part of a join a key belongs to, where it is no integer (key_number.c): the same at every node.
CREATE FUNCTION key_number(text) RETURNS bigint
    LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tessera_text_key_number';
CREATE FUNCTION key_number(uuid) RETURNS bigint
    LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tessera_uuid_key_number';
CREATE FUNCTION key_number(date) RETURNS bigint
    LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tessera_date_key_number';
CREATE FUNCTION key_number(timestamp) RETURNS bigint
    LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tessera_timestamp_key_number';
CREATE FUNCTION key_number(timestamptz) RETURNS bigint
    LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tessera_timestamp_key_number';
CREATE FUNCTION key_number(numeric) RETURNS bigint
    LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tessera_numeric_key_number';
-- Could it?
CREATE FUNCTION reaches(peer text) RETURNS boolean LANGUAGE plpgsql STRICT STABLE AS $$
BEGIN
    PERFORM FROM tessera.peer_rows(peer, 'SELECT 1', 1) AS answer (one integer);
    RETURN true;
EXCEPTION WHEN OTHERS THEN
    RETURN false;
END $$;

-- How fast the links with other nodes are, by what was moved lately: the best, as waiting for a node's work counts, too.
-- `peer`: the node's own name, where people are signed in there as themselves.
CREATE FUNCTION links(OUT server text, OUT peer text, OUT latency_ms float8, OUT bytes_per_second float8)
    RETURNS SETOF record LANGUAGE c AS 'MODULE_PATHNAME', 'tessera_links';
CREATE VIEW links AS SELECT * FROM links();
GRANT SELECT ON links TO PUBLIC;

-- This session's connections with sources.
CREATE FUNCTION connections(OUT server text, OUT "user" text, OUT state text, OUT in_transaction boolean,
                            OUT changed boolean, OUT opened timestamptz, OUT last_used timestamptz,
                            OUT statements bigint, OUT last_error text) RETURNS SETOF record
    LANGUAGE c AS 'MODULE_PATHNAME', 'tessera_connections';
CREATE VIEW connections AS SELECT * FROM connections();
GRANT SELECT ON connections TO PUBLIC;
-- Closes those that are idle, of one server or of all; returns how many.
CREATE FUNCTION close_connections(server name DEFAULT NULL) RETURNS integer
    LANGUAGE c AS 'MODULE_PATHNAME', 'tessera_close_connections';

-- A row for each transaction that was prepared at its sources and has committed here, until all of them have been told.
CREATE TABLE two_phase_log (
    transaction text COLLATE "C" PRIMARY KEY,
    parts text COLLATE "C" NOT NULL DEFAULT ''  -- SERVER_USER of each, by blanks; not known: the row stays
);
SELECT pg_extension_config_dump('two_phase_log', '');
-- Commits or rolls back what sources have prepared of transactions that are over; returns how many parts.
CREATE FUNCTION resolve_in_doubt() RETURNS integer
    LANGUAGE c AS 'MODULE_PATHNAME', 'tessera_resolve_in_doubt';
REVOKE EXECUTE ON FUNCTION resolve_in_doubt() FROM PUBLIC;

-- ---- Policies on tables of any kind, foreign ones too (policy.c, govern.c) ----

CREATE TABLE policy (
    schema_name name NOT NULL,
    relation_name name NOT NULL,
    policy_name name NOT NULL,
    command text NOT NULL CHECK (command IN ('all', 'select', 'insert', 'update', 'delete')),
    permissive boolean NOT NULL,
    roles name[] NOT NULL,
    using_expression text,
    check_expression text,
    PRIMARY KEY (schema_name, relation_name, policy_name)
);
CREATE TABLE mask (
    schema_name name NOT NULL,
    relation_name name NOT NULL,
    column_name name NOT NULL,
    roles name[] NOT NULL,
    expression text NOT NULL,
    PRIMARY KEY (schema_name, relation_name, column_name)
);
SELECT pg_catalog.pg_extension_config_dump('policy', '');
SELECT pg_catalog.pg_extension_config_dump('mask', '');

CREATE FUNCTION policy_changed() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'tessera_policy_changed';
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON policy FOR EACH ROW EXECUTE FUNCTION policy_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON mask FOR EACH ROW EXECUTE FUNCTION policy_changed();
CREATE TRIGGER emptied BEFORE TRUNCATE ON policy FOR EACH STATEMENT EXECUTE FUNCTION policy_changed();
CREATE TRIGGER emptied BEFORE TRUNCATE ON mask FOR EACH STATEMENT EXECUTE FUNCTION policy_changed();

CREATE FUNCTION is_governed(relation oid) RETURNS boolean
    LANGUAGE c STRICT STABLE AS 'MODULE_PATHNAME', 'tessera_relation_is_governed';

-- As CREATE POLICY, in place of one of the same name. Expressions name functions and tables with their schemas.
CREATE FUNCTION create_policy(relation regclass, policy_name name, using_expression text DEFAULT NULL,
                              check_expression text DEFAULT NULL, command text DEFAULT 'all',
                              permissive boolean DEFAULT true, roles name[] DEFAULT '{public}') RETURNS void
    LANGUAGE sql AS $$
    INSERT INTO tessera.policy (schema_name, relation_name, policy_name, command, permissive, roles, using_expression,
                                check_expression)
    SELECT n.nspname, c.relname, $2, lower($5), $6, $7, $3, $4
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1
    ON CONFLICT ON CONSTRAINT policy_pkey DO UPDATE SET
        command = excluded.command, permissive = excluded.permissive, roles = excluded.roles,
        using_expression = excluded.using_expression, check_expression = excluded.check_expression $$;
CREATE FUNCTION drop_policy(relation regclass, policy_name name) RETURNS boolean LANGUAGE sql AS $$
    WITH gone AS (
        DELETE FROM tessera.policy p USING pg_catalog.pg_class c, pg_catalog.pg_namespace n
         WHERE c.oid = $1 AND n.oid = c.relnamespace AND p.schema_name = n.nspname AND p.relation_name = c.relname
           AND p.policy_name = $2 RETURNING 1)
    SELECT pg_catalog.count(*) > 0 FROM gone $$;

-- What the roles see in place of a column; the expression may use all columns of the row.
CREATE FUNCTION create_mask(relation regclass, column_name name, expression text, roles name[] DEFAULT '{public}')
    RETURNS void LANGUAGE sql AS $$
    INSERT INTO tessera.mask (schema_name, relation_name, column_name, roles, expression)
    SELECT n.nspname, c.relname, $2, $4, $3
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1
    ON CONFLICT ON CONSTRAINT mask_pkey DO UPDATE SET roles = excluded.roles, expression = excluded.expression $$;
CREATE FUNCTION drop_mask(relation regclass, column_name name) RETURNS boolean LANGUAGE sql AS $$
    WITH gone AS (
        DELETE FROM tessera.mask m USING pg_catalog.pg_class c, pg_catalog.pg_namespace n
         WHERE c.oid = $1 AND n.oid = c.relnamespace AND m.schema_name = n.nspname AND m.relation_name = c.relname
           AND m.column_name = $2 RETURNING 1)
    SELECT pg_catalog.count(*) > 0 FROM gone $$;
REVOKE ALL ON FUNCTION create_policy(regclass, name, text, text, text, boolean, name[]), drop_policy(regclass, name),
    create_mask(regclass, name, text, name[]), drop_mask(regclass, name) FROM PUBLIC;

-- ---- The shard map (mesh.c; docs/mesh.md) ----

-- The node judges what the role that signed in may ask.
CREATE FUNCTION mesh_request(action text, body text) RETURNS text
    LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'tessera_mesh_request';

CREATE FUNCTION mesh_change(action text, body text, OUT sharded_table text, OUT change text) RETURNS SETOF record
    LANGUAGE plpgsql STRICT VOLATILE AS $$
DECLARE
    answer jsonb := tessera.mesh_request(action, body);
    problem text;
BEGIN
    FOR problem IN SELECT jsonb_array_elements_text(answer -> 'problems') LOOP
        RAISE WARNING '%', problem;
    END LOOP;
    RETURN QUERY SELECT t ->> 'table', t ->> 'change' FROM jsonb_array_elements(answer -> 'tables') t;
END $$;

-- All tables of a file (YAML or JSON), or none.
CREATE FUNCTION apply_mesh(definition text, dry_run boolean DEFAULT false, OUT sharded_table text, OUT change text)
    RETURNS SETOF record LANGUAGE sql STRICT VOLATILE AS $$
    SELECT * FROM tessera.mesh_change(CASE WHEN dry_run THEN 'check' ELSE 'apply' END, definition) $$;

-- All sharded tables, or one, as the file that declares them.
CREATE FUNCTION export_mesh(sharded_table text DEFAULT NULL) RETURNS text
    LANGUAGE sql VOLATILE AS $$ SELECT tessera.mesh_request('export', coalesce($1, '')) $$;

-- create_sharded_table('sales.orders', 'hash (customer)', '["a/crm.orders", "b/crm.orders"]', key => '{customer,id}')
CREATE FUNCTION create_sharded_table(name text, shard_by text, shards jsonb, key text[] DEFAULT '{}',
                                     readers text[] DEFAULT NULL, writers text[] DEFAULT '{}',
                                     check_rows boolean DEFAULT true, nodes text[] DEFAULT NULL) RETURNS void
    LANGUAGE sql VOLATILE AS $$
    SELECT FROM tessera.mesh_change('apply', jsonb_build_object('tables', jsonb_build_array(jsonb_strip_nulls(
        jsonb_build_object('name', $1, 'shard_by', $2, 'key', $4, 'readers', $5, 'writers', $6, 'check_rows', $7,
            'nodes', $8, 'shards', (SELECT jsonb_agg(CASE jsonb_typeof(s) WHEN 'string' THEN jsonb_build_object('at', s) ELSE s END)
                         FROM jsonb_array_elements($3) s)))))::text) $$;
-- create_reference_table('sales.countries', 'a/crm.countries', '{b/crm.countries, c/crm.countries}', key => '{code}')
CREATE FUNCTION create_reference_table(name text, place text, copies text[], key text[], readers text[] DEFAULT NULL,
                                       writers text[] DEFAULT '{}', nodes text[] DEFAULT NULL) RETURNS void
    LANGUAGE sql VOLATILE AS $$
    SELECT tessera.create_sharded_table($1, 'reference', jsonb_build_array(jsonb_build_object('at', $2, 'replicas', $3)),
                                        $4, $5, $6, nodes => $7) $$;
-- Out of the mesh; the rows stay where they are.
CREATE FUNCTION drop_sharded_table(name text) RETURNS void
    LANGUAGE sql STRICT VOLATILE AS $$ SELECT FROM tessera.mesh_change('drop', $1) $$;

-- To another place ('c/crm.orders'), while it is read and written; returns when that has begun: see shard_moves. The
-- rows at the old place are deleted afterwards unless they are to be kept.
CREATE FUNCTION move_shard(sharded_table text, shard integer, to_place text, rows_per_second integer DEFAULT 0,
                           keep_old boolean DEFAULT false)
    RETURNS void LANGUAGE sql STRICT VOLATILE AS $$
    SELECT FROM tessera.mesh_change('move', jsonb_build_object('table', $1, 'shard', $2, 'to', $3, 'rows_per_second',
        $4, 'keep_old', $5)::text) $$;
-- No faster than that from now on, also rows that are deleted at the old place; 0: as fast as it goes.
CREATE FUNCTION throttle_move(sharded_table text, shard integer, rows_per_second integer) RETURNS void
    LANGUAGE sql STRICT VOLATILE AS $$
    SELECT FROM tessera.mesh_change('throttle',
        jsonb_build_object('table', $1, 'shard', $2, 'rows_per_second', $3)::text) $$;
-- It stays where it is; or, behind a move, what is left at its old place stays.
CREATE FUNCTION cancel_move(sharded_table text, shard integer) RETURNS void
    LANGUAGE sql STRICT VOLATILE AS $$
    SELECT FROM tessera.mesh_change('cancel', jsonb_build_object('table', $1, 'shard', $2)::text) $$;

-- In two, at a key, by values, or by hash into halves; both lie in tables of one node that are made for them.
CREATE FUNCTION split_shard(sharded_table text, shard integer, at text[] DEFAULT NULL, "values" text[] DEFAULT NULL,
                            "from" text[] DEFAULT NULL, "to" text[] DEFAULT NULL, node text DEFAULT NULL,
                            rows_per_second integer DEFAULT 0, keep_old boolean DEFAULT false)
    RETURNS void LANGUAGE sql VOLATILE AS $$
    SELECT FROM tessera.mesh_change('split', jsonb_build_object('table', $1, 'shard', $2, 'at', $3, 'values', $4,
        'from', $5, 'to', $6, 'node', $7, 'rows_per_second', $8, 'keep_old', $9)::text) $$;

-- Moves that are planned by the nodes' statistics and carried out one by one, and what each will about cost.
CREATE FUNCTION mesh_plan(action text, body text, OUT sharded_table text, OUT shard integer, OUT from_place text,
                          OUT to_place text, OUT "rows" bigint, OUT bytes bigint, OUT seconds double precision)
    RETURNS SETOF record LANGUAGE plpgsql STRICT VOLATILE AS $$
DECLARE
    answer jsonb := tessera.mesh_request(action, body);
    problem text;
BEGIN
    FOR problem IN SELECT jsonb_array_elements_text(answer -> 'problems') LOOP
        RAISE WARNING '%', problem;
    END LOOP;
    RETURN QUERY SELECT p.* FROM jsonb_to_recordset(answer -> 'plan') AS p (sharded_table text, shard integer,
        from_place text, to_place text, "rows" bigint, bytes bigint, seconds double precision);
END $$;
-- Shards move until the nodes have about as much of them; tables that are sharded alike stay together.
CREATE FUNCTION rebalance(name text DEFAULT NULL, nodes text[] DEFAULT NULL, dry_run boolean DEFAULT false,
                          rows_per_second integer DEFAULT 0, keep_old boolean DEFAULT false, OUT sharded_table text,
                          OUT shard integer, OUT from_place text, OUT to_place text, OUT "rows" bigint,
                          OUT bytes bigint, OUT seconds double precision)
    RETURNS SETOF record LANGUAGE sql VOLATILE AS $$
    SELECT * FROM tessera.mesh_plan('rebalance', jsonb_build_object('table', $1, 'nodes', $2, 'dry_run', $3,
        'rows_per_second', $4, 'keep_old', $5)::text) $$;
-- All shards of a node go to others, and it gets none until it is undrained.
CREATE FUNCTION drain_node(node text, dry_run boolean DEFAULT false, rows_per_second integer DEFAULT 0,
                           keep_old boolean DEFAULT false, OUT sharded_table text, OUT shard integer,
                           OUT from_place text, OUT to_place text, OUT "rows" bigint, OUT bytes bigint,
                           OUT seconds double precision)
    RETURNS SETOF record LANGUAGE sql STRICT VOLATILE AS $$
    SELECT * FROM tessera.mesh_plan('drain', jsonb_build_object('node', $1, 'dry_run', $2, 'rows_per_second', $3,
        'keep_old', $4)::text) $$;
CREATE FUNCTION undrain_node(node text) RETURNS void LANGUAGE sql STRICT VOLATILE AS $$
    SELECT FROM tessera.mesh_plan('undrain', jsonb_build_object('node', $1)::text) $$;

-- A copy at another node ('c/crm.orders_copy', an empty table), kept as the shard is from then on: see shard_replicas.
CREATE FUNCTION add_replica(sharded_table text, shard integer, place text) RETURNS void
    LANGUAGE sql STRICT VOLATILE AS $$
    SELECT FROM tessera.mesh_change('add-replica', jsonb_build_object('table', $1, 'shard', $2, 'at', $3)::text) $$;
-- The rows stay where they are.
CREATE FUNCTION drop_replica(sharded_table text, shard integer, place text) RETURNS void
    LANGUAGE sql STRICT VOLATILE AS $$
    SELECT FROM tessera.mesh_change('drop-replica', jsonb_build_object('table', $1, 'shard', $2, 'at', $3)::text) $$;

-- Copies that are read instead of shards: of nodes that this node can't reach since then, else because they are its own
-- and in step; copy 0: there is none, and the shard can't be read. The node keeps it (replica.c, missing.c).
CREATE TABLE read_from (
    shard oid PRIMARY KEY, copy oid NOT NULL, what text NOT NULL, node text NOT NULL, place text NOT NULL,
    since timestamptz, in_step_at timestamptz);
CREATE FUNCTION reads_changed() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'tessera_reads_changed';
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON read_from FOR EACH ROW EXECUTE FUNCTION reads_changed();

-- What this node knows of the map.
CREATE VIEW sharded_tables AS
    SELECT * FROM jsonb_to_recordset(tessera.mesh_request('tables', '')::jsonb) AS t (
        name text, method text, shard_by text[], key text[], shards integer, readers text[], writers text[],
        version bigint, nodes text[]);
CREATE VIEW shards AS
    SELECT * FROM jsonb_to_recordset(tessera.mesh_request('shards', '')::jsonb) AS s (
        name text, shard integer, rows_of text, node text, place text, epoch bigint, "rows" bigint, bytes bigint, replicas text[]);
CREATE VIEW shard_moves AS
    SELECT * FROM jsonb_to_recordset(tessera.mesh_request('moves', '')::jsonb) AS m (
        name text, shard integer, from_place text, to_place text, state text, rows_copied bigint,
        rows_per_second bigint, problem text, rows_deleted bigint);
CREATE VIEW shard_replicas AS
    SELECT r.name, r.shard, r.node, r.place, r.state, r.rows_copied, to_timestamp(r.in_step_at) AS in_step_at,
           to_timestamp(r.behind_since) AS behind_since, r.problem
      FROM jsonb_to_recordset(tessera.mesh_request('replicas', '')::jsonb) AS r (
        name text, shard integer, node text, place text, state text, rows_copied bigint, in_step_at double precision,
        behind_since double precision, problem text);
-- Which version of the map each node serves, and what keeps it from serving all of it.
CREATE VIEW mesh_nodes AS
    SELECT * FROM jsonb_to_recordset(tessera.mesh_request('nodes', '')::jsonb) AS n (
        node text, version bigint, problem text, shards integer, is_drained boolean, labels text[]);
GRANT SELECT ON sharded_tables, shards, shard_moves, shard_replicas, mesh_nodes TO PUBLIC;

-- Runs a query as planned and again with everything but the choice of columns done here, in one snapshot. Returns the
-- rows, as text, that are not as often in both answers, or "error SQLSTATE: message"; nothing when all is well.
CREATE FUNCTION verify(query text) RETURNS TABLE (result text, pushed bigint, local bigint)
    LANGUAGE plpgsql STABLE STRICT AS $body$
DECLARE
    statement text := format('WITH answer AS MATERIALIZED (%s) SELECT coalesce(array_agg(answer::text), ''{}'') FROM answer',
                             rtrim(query, E'; \t\r\n'));
    before text := current_setting('tessera.pushdown');
    pushed_rows text[];
    local_rows text[];
BEGIN
    BEGIN
        EXECUTE statement INTO pushed_rows;
    EXCEPTION WHEN others THEN
        pushed_rows := ARRAY[format('error %s: %s', SQLSTATE, SQLERRM)];
    END;
    PERFORM set_config('tessera.pushdown', 'off', true);
    BEGIN
        EXECUTE statement INTO local_rows;
    EXCEPTION WHEN others THEN
        local_rows := ARRAY[format('error %s: %s', SQLSTATE, SQLERRM)];
    END;
    PERFORM set_config('tessera.pushdown', before, true);
    IF cardinality(pushed_rows) = 1 AND cardinality(local_rows) = 1 AND pushed_rows[1] LIKE 'error _____:%' AND
       left(pushed_rows[1], 11) = left(local_rows[1], 11) THEN
        RETURN;  -- the same error, in other words
    END IF;
    RETURN QUERY
        SELECT seen.line, count(*) FILTER (WHERE seen.remote), count(*) FILTER (WHERE NOT seen.remote)
          FROM (SELECT unnest(pushed_rows), true UNION ALL SELECT unnest(local_rows), false) AS seen (line, remote)
         GROUP BY seen.line
        HAVING count(*) FILTER (WHERE seen.remote) <> count(*) FILTER (WHERE NOT seen.remote)
         ORDER BY 1;
END $body$;

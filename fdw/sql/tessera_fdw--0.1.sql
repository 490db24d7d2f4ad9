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

-- ---- Who a session acts for (identity.c) ----

-- The node's side: it signs what challenge() gives.
CREATE FUNCTION challenge() RETURNS text LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'tessera_challenge';
CREATE FUNCTION attach(context text, signature bytea) RETURNS void
    LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'tessera_attach';
CREATE FUNCTION detach(signature bytea) RETURNS void
    LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'tessera_detach';

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

-- This session's connections with sources.
CREATE FUNCTION connections(OUT server text, OUT "user" text, OUT state text, OUT in_transaction boolean,
                            OUT changed boolean, OUT opened timestamptz, OUT last_used timestamptz,
                            OUT statements bigint, OUT last_error text) RETURNS SETOF record
    LANGUAGE c AS 'MODULE_PATHNAME', 'tessera_connections';
CREATE VIEW connections AS SELECT * FROM connections();
-- Closes those that are idle, of one server or of all; returns how many.
CREATE FUNCTION close_connections(server name DEFAULT NULL) RETURNS integer
    LANGUAGE c AS 'MODULE_PATHNAME', 'tessera_close_connections';

-- A row for each transaction that was prepared at its sources and has committed here.
CREATE TABLE two_phase_log (transaction text COLLATE "C" PRIMARY KEY);
SELECT pg_extension_config_dump('two_phase_log', '');
-- Commits or rolls back what sources have prepared of transactions that are over; returns how many parts.
CREATE FUNCTION resolve_in_doubt() RETURNS integer
    LANGUAGE c AS 'MODULE_PATHNAME', 'tessera_resolve_in_doubt';
REVOKE EXECUTE ON FUNCTION resolve_in_doubt() FROM PUBLIC;

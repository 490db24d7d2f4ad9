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

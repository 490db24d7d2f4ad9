\echo Use "CREATE EXTENSION tessera_fdw" to load this file. \quit

CREATE FUNCTION fdw_handler() RETURNS fdw_handler
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'tessera_fdw_handler';

CREATE FUNCTION fdw_validator(text[], oid) RETURNS void
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'tessera_fdw_validator';

CREATE FOREIGN DATA WRAPPER tessera_fdw HANDLER fdw_handler VALIDATOR fdw_validator;

#pragma once

/// The statement behind NodeClient::readNames(): a node's names as rows of text (kind, schema, name, detail, extra,
/// comment), in sections:
///   p  a schema of the search path, in its order          name
///   s  a schema                                           name
///   t  a table        schema, name, relkind                                comment
///   c  a column of the table before it   name, type, key position and 'n' when NOT NULL, comment
///   k  a foreign key  schema, name of the table, "schema US table" it points at, "own US referenced" pairs, US-joined
///   f  a function     schema, name, arguments, result, comment
/// A foreign table has no primary key here: the key is the columns with the option `key`, counted as they stand.
/// US is the unit separator, chr(31). Names the person may not see are left out, as in the catalog's lists.

namespace tessera::client {

inline constexpr const char* kNamesStatement = R"sql(
WITH seen AS MATERIALIZED (
  SELECT c.oid, n.nspname, c.relname, c.relkind
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tessera')
     AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
     AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
     AND (pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
          OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT')))
SELECT kind, schema, name, detail, extra, comment FROM (
  SELECT 1 AS section, ''::pg_catalog.name AS a, ''::pg_catalog.name AS b, p.place AS n, 'p' AS kind, '' AS schema,
         p.name::text AS name, '' AS detail, '' AS extra, '' AS comment
    FROM pg_catalog.unnest(pg_catalog.current_schemas(true)) WITH ORDINALITY AS p(name, place)
  UNION ALL
  SELECT 2, n.nspname, '', 0, 's', '', n.nspname::text, '', '',
         coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '')
    FROM pg_catalog.pg_namespace n
   WHERE n.nspname !~ '^pg_(toast|temp)' AND n.nspname <> 'tessera' AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  UNION ALL
  SELECT 3, t.nspname, t.relname, 0, 't', t.nspname::text, t.relname::text, t.relkind::text, '',
         coalesce(pg_catalog.obj_description(t.oid, 'pg_class'), '')
    FROM seen t
  UNION ALL
  SELECT 3, t.nspname, t.relname, a.attnum, 'c', '', a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),
         coalesce(pg_catalog.array_position(i.indkey::pg_catalog.int2[], a.attnum) + 1,
                  CASE WHEN a.attfdwoptions && '{key=true,key=on,key=1}'::text[] THEN a.attnum ELSE 0 END)
           || CASE WHEN a.attnotnull THEN 'n' ELSE '' END,
         coalesce(pg_catalog.col_description(t.oid, a.attnum), '')
    FROM seen t
    JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_catalog.pg_index i ON i.indrelid = t.oid AND i.indisprimary
  UNION ALL
  SELECT 4, t.nspname, t.relname, 0, 'k', t.nspname::text, t.relname::text, r.nspname || chr(31) || r.relname,
         (SELECT pg_catalog.string_agg(own.attname || chr(31) || far.attname, chr(31) ORDER BY p.place)
            FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) WITH ORDINALITY
                   AS p(own, far, place)
            JOIN pg_catalog.pg_attribute own ON own.attrelid = k.conrelid AND own.attnum = p.own
            JOIN pg_catalog.pg_attribute far ON far.attrelid = k.confrelid AND far.attnum = p.far), ''
    FROM pg_catalog.pg_constraint k
    JOIN seen t ON t.oid = k.conrelid
    JOIN seen r ON r.oid = k.confrelid
   WHERE k.contype = 'f'
  UNION ALL
  SELECT 5, n.nspname, f.proname, 0, 'f', n.nspname::text, f.proname::text,
         pg_catalog.pg_get_function_arguments(f.oid), coalesce(pg_catalog.pg_get_function_result(f.oid), ''),
         coalesce(pg_catalog.obj_description(f.oid, 'pg_proc'), '')
    FROM pg_catalog.pg_proc f
    JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
   WHERE n.nspname NOT IN ('information_schema', 'tessera') AND n.nspname !~ '^pg_(toast|temp)'
     AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_function_privilege(f.oid, 'EXECUTE')
     -- What only the server calls: I/O functions, handlers, support functions.
     AND NOT (f.prorettype = ANY ('{internal,cstring,trigger,event_trigger,language_handler,fdw_handler,
                                    index_am_handler,table_am_handler,tsm_handler}'::pg_catalog.regtype[])
              OR f.proargtypes::pg_catalog.oid[] && '{internal,cstring}'::pg_catalog.regtype[]::pg_catalog.oid[])
) AS names ORDER BY section, a, b, n)sql";

}  // namespace tessera::client

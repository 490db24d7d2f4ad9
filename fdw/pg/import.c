/* IMPORT FOREIGN SCHEMA: a foreign table for each table that the connector lists; and, because PostgreSQL lets that
 * statement do nothing else, tessera.import_comments() for what the source says about them. */
#include "fdw/pg/tessera_fdw.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parse_type.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(tessera_import_comments);

static void destroyList(void* list) {
    tsr_table_list_destroy(list);
}

/* `cut_name`: the column's full name, where PostgreSQL could not take it and the connector did not note it; else NULL.
 */
static void appendOptionList(StringInfo sql, const TsrOption* options, size_t count, const char* cut_name) {
    const char* separator = " OPTIONS (";

    if (cut_name != NULL) {
        appendStringInfo(sql, "%scolumn_name %s", separator, quote_literal_cstr(cut_name));
        separator = ", ";
    }
    for (size_t i = 0; i < count; ++i) {
        appendStringInfo(sql, "%s%s %s", separator, quote_identifier(options[i].name),
                         quote_literal_cstr(options[i].value));
        separator = ", ";
    }
    if (separator[0] == ',') {
        appendStringInfoChar(sql, ')');
    }
}

/* A connector spells types; only what is a type reaches the statement. */
static char* checkedType(const TsrTable* table, const TsrColumn* column) {
    Oid type;
    int32 typmod;

    parseTypeString(column->pg_type, &type, &typmod, true);
    if (!OidIsValid(type)) {
        ereport(ERROR,
                (errcode(ERRCODE_FDW_INVALID_DATA_TYPE), errmsg("column \"%s\" of \"%s\" has the unknown type \"%s\"",
                                                                column->name, table->name, column->pg_type)));
    }
    return format_type_extended(type, typmod, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);
}

/* At most NAMEDATALEN - 1 bytes, on a character's boundary. */
static char* shortName(const char* name) {
    char* copy = pstrdup(name);

    truncate_identifier(copy, (int)strlen(copy), false);
    return copy;
}

static const char* cutName(const TsrColumn* column, const char* name) {
    for (size_t i = 0; i < column->option_count; ++i) {
        if (strcmp(column->options[i].name, "column_name") == 0) {
            return NULL;
        }
    }
    return strcmp(name, column->name) == 0 ? NULL : column->name;
}

static char* createTable(const TsrTable* table, const char* server, const char* schema) {
    StringInfoData sql;

    initStringInfo(&sql);
    appendStringInfo(&sql, "CREATE FOREIGN TABLE %s (", quote_qualified_identifier(schema, shortName(table->name)));
    for (size_t i = 0; i < table->column_count; ++i) {
        const TsrColumn* column = &table->columns[i];
        char* name = shortName(column->name);

        appendStringInfo(&sql, "%s\n  %s %s", i > 0 ? "," : "", quote_identifier(name), checkedType(table, column));
        appendOptionList(&sql, column->options, column->option_count, cutName(column, name));
        if (column->not_null) {
            appendStringInfoString(&sql, " NOT NULL");
        }
    }
    appendStringInfo(&sql, "\n) SERVER %s", quote_identifier(server));
    appendOptionList(&sql, table->options, table->option_count, NULL);
    return sql.data;
}

/* PostgreSQL filters by LIMIT TO and EXCEPT once more; this only spares work. */
static bool isWanted(const ImportForeignSchemaStmt* stmt, const char* name) {
    ListCell* cell;
    bool listed = false;

    foreach (cell, stmt->table_list) {
        listed = listed || strcmp(lfirst_node(RangeVar, cell)->relname, name) == 0;
    }
    switch (stmt->list_type) {
        case FDW_IMPORT_SCHEMA_LIMIT_TO:
            return listed;
        case FDW_IMPORT_SCHEMA_EXCEPT:
            return !listed;
        default:
            return true;
    }
}

List* tessera_import(ImportForeignSchemaStmt* stmt, Oid server) {
    TsrSource* source = tessera_source(server, GetUserId());
    const char* only = NULL;
    TsrTableList* list = NULL;
    TsrError error = {0};
    List* commands = NIL;

    if (stmt->options != NIL) {
        ereport(ERROR, (errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
                        errmsg("tessera_fdw takes no options for IMPORT FOREIGN SCHEMA")));
    }
    if (stmt->list_type == FDW_IMPORT_SCHEMA_LIMIT_TO && list_length(stmt->table_list) == 1) {
        only = linitial_node(RangeVar, stmt->table_list)->relname;
    }
    if (tsr_table_list_create(source, &tessera_host, stmt->remote_schema, only, &list, &error) != TSR_OK) {
        tessera_raise(source->name, &error);
    }
    tessera_own(CurrentMemoryContext, list, destroyList);
    for (size_t i = 0; i < tsr_table_list_size(list); ++i) {
        const TsrTable* table = tsr_table_list_at(list, i);

        if (!isWanted(stmt, shortName(table->name))) {
            continue;
        }
        if (table->skipped != NULL && table->skipped[0] != '\0') {
            ereport(NOTICE, (errmsg("source \"%s\": table \"%s\": %s", source->name, table->name, table->skipped)));
        }
        if (table->column_count > 0) {
            commands = lappend(commands, createTable(table, stmt->server_name, stmt->local_schema));
        }
    }
    return commands;
}

/* Runs one COMMENT; returns whether there was something to say. */
static int comment(const char* what, const char* text) {
    if (text == NULL || text[0] == '\0') {
        return 0;
    }
    SPI_execute(psprintf("COMMENT ON %s IS %s", what, quote_literal_cstr(text)), false, 0);
    return 1;
}

/* The comments of one table and its columns, if it was imported from this server. */
static int commentTable(const TsrTable* table, const char* schema, Oid server) {
    char* name = shortName(table->name);
    Oid relation = get_relname_relid(name, get_namespace_oid(schema, false));
    char* qualified = pstrdup(quote_qualified_identifier(schema, name));
    int count;

    if (!OidIsValid(relation) || get_rel_relkind(relation) != RELKIND_FOREIGN_TABLE ||
        GetForeignTable(relation)->serverid != server) {
        return 0;
    }
    count = comment(psprintf("FOREIGN TABLE %s", qualified), table->comment);
    for (size_t i = 0; i < table->column_count; ++i) {
        char* column = shortName(table->columns[i].name);

        if (get_attnum(relation, column) != InvalidAttrNumber) {
            count += comment(psprintf("COLUMN %s.%s", qualified, quote_identifier(column)), table->columns[i].comment);
        }
    }
    return count;
}

/* tessera.import_comments(server name, remote_schema text, local_schema text) returns the number of comments set. */
Datum tessera_import_comments(PG_FUNCTION_ARGS) {
    Oid server = GetForeignServerByName(NameStr(*PG_GETARG_NAME(0)), false)->serverid;
    const char* remote_schema = text_to_cstring(PG_GETARG_TEXT_PP(1));
    const char* local_schema = text_to_cstring(PG_GETARG_TEXT_PP(2));
    TsrSource* source = tessera_source(server, GetUserId());
    TsrTableList* list = NULL;
    TsrError error = {0};
    int count = 0;

    if (tsr_table_list_create(source, &tessera_host, remote_schema, NULL, &list, &error) != TSR_OK) {
        tessera_raise(source->name, &error);
    }
    tessera_own(CurrentMemoryContext, list, destroyList);
    SPI_connect();
    for (size_t i = 0; i < tsr_table_list_size(list); ++i) {
        count += commentTable(tsr_table_list_at(list, i), local_schema, server);
    }
    SPI_finish();
    PG_RETURN_INT32(count);
}

/* Options of servers, user mappings, foreign tables and columns, and what they resolve to.
 *
 * The connector says which options it takes. The validator checks a server's options when they are set; those of
 * mappings and tables are checked when they are used, because PostgreSQL does not tell the validator which server they
 * are for. */
#include "fdw/pg/links.h"
#include "fdw/pg/session_role.h"
#include "fdw/pg/tessera_fdw.h"

#include "access/reloptions.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include <math.h>

PG_FUNCTION_INFO_V1(tessera_fdw_validator);

/* An option of connectors that reach other nodes. */
#define DELEGATE "delegate"

/* The folder, with $libdir and what precedes it resolved. */
static char* connectorDirectory(void) {
    const char* path = tessera_connector_path != NULL ? tessera_connector_path : "";

    if (strncmp(path, "$libdir", 7) == 0) {
        return psprintf("%s%s", pkglib_path, path + 7);
    }
    return pstrdup(path);
}

static const TsrConnector* findConnector(const char* name) {
    TsrError error = {0};
    const TsrConnector* connector = tsr_connector_find(connectorDirectory(), name, &error);

    if (connector == NULL) {
        tessera_raise(NULL, &error);
    }
    return connector;
}

/* Options that every server and every table has, whatever its connector. */
static const char* const server_options[] = {
    "connector",    "updatable",        "truncatable",    "two_phase", "query_timeout",
    "idle_timeout", "fdw_startup_cost", "fdw_tuple_cost", "ship_rows", NULL};
static const char* const table_options[] = {"updatable", "truncatable", NULL};
static const char* const no_options[] = {NULL};

static bool isAmong(const char* name, const char* const* names) {
    for (; *names != NULL; ++names) {
        if (strcmp(name, *names) == 0) {
            return true;
        }
    }
    return false;
}

/* Appends the options of a list of DefElem that are for the connector. */
static void appendOptions(TsrOption* options, size_t* count, List* list, const char* const* own) {
    ListCell* cell;

    foreach (cell, list) {
        DefElem* element = lfirst_node(DefElem, cell);

        if (!isAmong(element->defname, own)) {
            options[*count] = (TsrOption){element->defname, defGetString(element)};
            ++*count;
        }
    }
}

static DefElem* findOption(List* list, const char* name) {
    ListCell* cell;

    foreach (cell, list) {
        DefElem* element = lfirst_node(DefElem, cell);

        if (strcmp(element->defname, name) == 0) {
            return element;
        }
    }
    return NULL;
}

static double costOption(DefElem* element) {
    double value;

    if (!parse_real(defGetString(element), &value, 0, NULL) || isnan(value) || value < 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("the option \"%s\" must be a number that is not negative", element->defname)));
    }
    return value;
}

/* A byte's is that of moving it between processes of one machine. */
const SourceCosts tessera_default_costs = {.statement = 50.0, .row = 0.05, .byte = 0.002};

static SourceCosts costsOf(List* options) {
    SourceCosts costs = tessera_default_costs;
    ListCell* cell;

    foreach (cell, options) {
        DefElem* element = lfirst_node(DefElem, cell);

        if (strcmp(element->defname, "fdw_startup_cost") == 0) {
            costs.statement = costOption(element);
        } else if (strcmp(element->defname, "fdw_tuple_cost") == 0) {
            costs.row = costOption(element);
        }
    }
    return costs;
}

SourceCosts tessera_source_costs(const TsrSource* source) {
    return tessera_link_costs(tessera_link_speed(source), costsOf(GetForeignServer(source->server)->options));
}

bool tessera_bool_option(List* list, const char* name, bool otherwise) {
    DefElem* element = findOption(list, name);

    return element != NULL ? defGetBoolean(element) : otherwise;
}

static uint32 secondsOption(List* list, const char* name) {
    DefElem* element = findOption(list, name);
    char* end;
    long seconds;

    if (element == NULL) {
        return 0;
    }
    seconds = strtol(defGetString(element), &end, 10);
    if (*end != '\0' || end == defGetString(element) || seconds < 0 || seconds > 1000000) {
        ereport(ERROR, (errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
                        errmsg("option \"%s\" must be a number of seconds, not \"%s\"", name, defGetString(element))));
    }
    return (uint32)seconds;
}

static const char* connectorName(List* list) {
    DefElem* element = findOption(list, "connector");

    return element != NULL ? defGetString(element) : NULL;
}

static void checkServer(List* list) {
    const char* name = connectorName(list);
    TsrOption* options = palloc0(sizeof(TsrOption) * (list_length(list) + 1));
    size_t count = 0;
    TsrError error = {0};

    if (name == NULL) {
        ereport(ERROR, (errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
                        errmsg("a server of tessera_fdw requires the option \"connector\""),
                        errhint("For example OPTIONS (connector 'postgres', host 'crm.example.org', dbname 'crm').")));
    }
    (void)costsOf(list);
    appendOptions(options, &count, list, server_options);
    (void)tessera_bool_option(list, "updatable", true);
    (void)tessera_bool_option(list, "truncatable", true);
    if (tessera_bool_option(list, "two_phase", false) && findOption(list, DELEGATE) != NULL) {
        ereport(ERROR, (errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
                        errmsg("the options \"two_phase\" and \"%s\" exclude each other", DELEGATE),
                        errdetail("What a person has prepared can't be committed later in nobody's name.")));
    }
    (void)tessera_bool_option(list, "ship_rows", true);
    (void)secondsOption(list, "query_timeout");
    (void)secondsOption(list, "idle_timeout");
    if (tsr_options_check(findConnector(name), TSR_SCOPE_SERVER, "server", options, count, &error) != TSR_OK) {
        tessera_raise(NULL, &error);
    }
}

Datum tessera_fdw_validator(PG_FUNCTION_ARGS) {
    List* options = untransformRelOptions(PG_GETARG_DATUM(0));
    Oid catalog = PG_GETARG_OID(1);

    if (catalog == ForeignServerRelationId) {
        checkServer(options);
    } else if (catalog == ForeignDataWrapperRelationId && options != NIL) {
        ereport(ERROR, (errcode(ERRCODE_FDW_INVALID_OPTION_NAME), errmsg("tessera_fdw takes no options of its own"),
                        errhint("Give them to a server.")));
    }
    PG_RETURN_VOID();
}

/* The options of the user's mapping, else of the one for PUBLIC, else none: a file needs no user. */
static List* mappingOptions(Oid server, Oid user) {
    const Oid candidates[] = {user, InvalidOid};

    for (int i = 0; i < 2; ++i) {
        HeapTuple tuple =
            SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(candidates[i]), ObjectIdGetDatum(server));

        if (HeapTupleIsValid(tuple)) {
            bool is_null;
            Datum datum = SysCacheGetAttr(USERMAPPINGUSERSERVER, tuple, Anum_pg_user_mapping_umoptions, &is_null);
            List* options = is_null ? NIL : untransformRelOptions(datum);

            ReleaseSysCache(tuple);
            return options;
        }
    }
    return NIL;
}

/* Where people are signed in as themselves, nobody's stored credentials stand in for them, whoever owns the view that
 * is read: they are for the node's own work. */
static List* credentials(const ForeignServer* server, Oid user) {
    if (findOption(server->options, DELEGATE) == NULL) {
        return mappingOptions(server->serverid, user);
    }
    if (tessera_has_identity()) {
        return NIL;
    }
    if (!superuser_arg(GetSessionUserId())) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
                        errmsg("server \"%s\" is for people who signed in with a token, and this session has none",
                               server->servername),
                        errhint("Sign in at your identity provider.")));
    }
    return mappingOptions(server->serverid, user);
}

/* Connectors may hold files and servers' connections; they are told when the backend ends. */
static void closeSessions(int code pg_attribute_unused(), Datum argument pg_attribute_unused()) {
    tsr_sessions_invalidate();
}

static void closeSessionsAtExit(void) {
    static bool registered = false;

    if (!registered) {
        on_proc_exit(closeSessions, (Datum)0);
        registered = true;
    }
}

TsrSource* tessera_source(Oid server_oid, Oid user) {
    ForeignServer* server = GetForeignServer(server_oid);
    const char* name = connectorName(server->options);
    List* mapping = credentials(server, user);
    TsrOption* options = palloc0(sizeof(TsrOption) * (list_length(server->options) + list_length(mapping) + 1));
    size_t count = 0;
    size_t server_count;
    TsrSource* source = palloc0(sizeof(TsrSource));
    TsrError error = {0};

    if (name == NULL) {
        ereport(ERROR, (errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
                        errmsg("server \"%s\" has no option \"connector\"", server->servername)));
    }
    closeSessionsAtExit();
    tessera_note_session_role();
    source->server = server_oid;
    source->user = user;
    source->name = server->servername;
    source->two_phase = tessera_bool_option(server->options, "two_phase", false);
    source->query_timeout_s = secondsOption(server->options, "query_timeout");
    source->idle_timeout_s = secondsOption(server->options, "idle_timeout");
    source->connector = findConnector(name);
    appendOptions(options, &count, server->options, server_options);
    server_count = count;
    appendOptions(options, &count, mapping, no_options);
    source->options = options;
    source->option_count = count;
    if (tsr_options_check(source->connector, TSR_SCOPE_SERVER, psprintf("server \"%s\"", server->servername), options,
                          server_count, &error) != TSR_OK ||
        tsr_options_check(
            source->connector, TSR_SCOPE_USER,
            psprintf("user mapping of \"%s\" for server \"%s\"", GetUserNameFromId(user, true), server->servername),
            options + server_count, count - server_count, &error) != TSR_OK) {
        tessera_raise(NULL, &error);
    }
    return source;
}

Oid tessera_scan_user(const RangeTblEntry* rte) {
    return OidIsValid(rte->checkAsUser) ? rte->checkAsUser : GetUserId();
}

TableOptions tessera_table_options(Oid relation, const TsrSource* source) {
    List* list = GetForeignTable(relation)->options;
    TableOptions table = {palloc0(sizeof(TsrOption) * (list_length(list) + 1)), 0};
    TsrError error = {0};

    appendOptions(table.options, &table.count, list, table_options);
    if (tsr_options_check(source->connector, TSR_SCOPE_TABLE, psprintf("foreign table \"%s\"", get_rel_name(relation)),
                          table.options, table.count, &error) != TSR_OK) {
        tessera_raise(NULL, &error);
    }
    return table;
}

const char* tessera_column_name(Oid relation, AttrNumber attribute) {
    ListCell* cell;

    foreach (cell, GetForeignColumnOptions(relation, attribute)) {
        DefElem* element = lfirst_node(DefElem, cell);

        if (strcmp(element->defname, "column_name") == 0) {
            return defGetString(element);
        }
    }
    return get_attname(relation, attribute, false);
}

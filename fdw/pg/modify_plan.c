/* Planning INSERT, and UPDATE and DELETE row by row: which columns are bound, how a row is found, the statement. */
#include "fdw/pg/modify.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "commands/trigger.h"
#include "foreign/fdwapi.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/appendinfo.h"
#include "optimizer/inherit.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planner.h"
#include "parser/parse_relation.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

bool tessera_is_column_option(Oid table, AttrNumber attribute, const char* name) {
    return tessera_bool_option(GetForeignColumnOptions(table, attribute), name, false);
}

/* Its value is computed at the source, always. */
static bool isGenerated(Relation relation, AttrNumber attribute) {
    return TupleDescAttr(RelationGetDescr(relation), attribute - 1)->attgenerated != '\0' ||
           tessera_is_column_option(RelationGetRelid(relation), attribute, "generated");
}

int tessera_updatable(Relation relation) {
    ForeignTable* table = GetForeignTable(RelationGetRelid(relation));
    ForeignServer* server = GetForeignServer(table->serverid);
    bool updatable =
        tessera_bool_option(table->options, "updatable", tessera_bool_option(server->options, "updatable", true));

    return updatable ? (1 << CMD_INSERT) | (1 << CMD_UPDATE) | (1 << CMD_DELETE) : 0;
}

void tessera_add_update_targets(PlannerInfo* root, Index rtindex, RangeTblEntry* rte pg_attribute_unused(),
                                Relation relation) {
    TupleDesc columns = RelationGetDescr(relation);
    bool has_key = false;

    for (int i = 0; i < columns->natts; ++i) {
        Form_pg_attribute column = TupleDescAttr(columns, i);

        if (!column->attisdropped && tessera_is_column_option(RelationGetRelid(relation), column->attnum, "key")) {
            Var* var =
                makeVar((int)rtindex, column->attnum, column->atttypid, column->atttypmod, column->attcollation, 0);

            add_row_identity_var(root, var, rtindex, psprintf(KEY_PREFIX "%s", NameStr(column->attname)));
            has_key = true;
        }
    }
    if (!has_key) {
        add_row_identity_var(root, makeVar((int)rtindex, SelfItemPointerAttributeNumber, TIDOID, -1, InvalidOid, 0),
                             rtindex, "ctid");
    }
}

/* ---- The statement of one row ---- */

static void destroyStatement(void* statement) {
    tsr_statement_destroy(statement);
}

bool tessera_reads_query(Oid table) {
    ListCell* cell;

    foreach (cell, GetForeignTable(table)->options) {
        if (strcmp(lfirst_node(DefElem, cell)->defname, "query") == 0) {
            return true;
        }
    }
    return false;
}

TsrStatement* tessera_change_statement(Relation relation, const TsrSource* source, TsrChange change, int table) {
    TableOptions options = tessera_table_options(RelationGetRelid(relation), source);
    TsrError error = {0};
    TsrStatement* statement = tsr_statement_create(source, &tessera_host, &error);
    const TsrFrom* from;
    size_t count = 0;

    if (statement == NULL) {
        tessera_raise(source->name, &error);
    }
    tessera_own(CurrentMemoryContext, statement, destroyStatement);
    /* What is read through a query is written to the table itself. */
    for (size_t i = 0; i < options.count; ++i) {
        if (strcmp(options.options[i].name, "query") != 0) {
            options.options[count++] = options.options[i];
        }
    }
    from = tsr_from_table(statement, table, source, options.options, count, &error);
    if (from == NULL) {
        tessera_raise(source->name, &error);
    }
    tsr_change(statement, change, from);
    return statement;
}

/* Columns that are read as text through a query are written to the table, and what it returns must be text again. */
static const char* returnedType(Relation relation, Oid type) {
    return type == TEXTOID && tessera_reads_query(RelationGetRelid(relation)) ? "?" : tessera_type_name(type);
}

void tessera_return_columns(TsrStatement* statement, Relation relation, List* attributes, int table) {
    ListCell* cell;

    foreach (cell, attributes) {
        AttrNumber attribute = (AttrNumber)lfirst_int(cell);
        Oid type;

        if (attribute == SelfItemPointerAttributeNumber) {
            tsr_select_output(statement, tsr_expr_row_id(statement, table));
            continue;
        }
        type = TupleDescAttr(RelationGetDescr(relation), attribute - 1)->atttypid;
        tsr_select_output(statement,
                          tsr_expr_column(statement, table, tessera_column_name(RelationGetRelid(relation), attribute),
                                          returnedType(relation, type)));
    }
}

static void addKeyCondition(TsrStatement* statement, Relation relation, const TsrSource* source, AttrNumber key,
                            int number) {
    const TsrExpr* value = tsr_expr_value(statement, number);

    if (key == SelfItemPointerAttributeNumber) {
        /* The rows of a query have no address. */
        if (tsr_expr_row_id(statement, 1) == NULL || tessera_reads_query(RelationGetRelid(relation))) {
            ereport(ERROR,
                    (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                     errmsg("cannot update or delete rows of foreign table \"%s\": it has no key",
                            RelationGetRelationName(relation)),
                     errdetail("Source \"%s\" has no other way to tell its rows apart.", source->name),
                     errhint("ALTER FOREIGN TABLE … ALTER COLUMN … OPTIONS (ADD key 'true') for the columns that are "
                             "unique together.")));
        }
        tsr_select_where(statement, tsr_expr_row_id_is(statement, 1, value));
        return;
    }
    tsr_select_where(
        statement,
        tsr_expr_key_is(statement, 1, tessera_column_name(RelationGetRelid(relation), key),
                        tessera_type_name(TupleDescAttr(RelationGetDescr(relation), key - 1)->atttypid), value));
}

List* tessera_modify_private(Relation relation, const TsrSource* source, CmdType operation, List* targets, List* keys,
                             List* returning, bool ignore_conflicts) {
    TsrChange change = operation == CMD_INSERT ? TSR_INSERT : operation == CMD_UPDATE ? TSR_UPDATE : TSR_DELETE;
    TsrStatement* statement = tessera_change_statement(relation, source, change, 1);
    TsrRendered rendered = {"", 0, NULL};
    TsrError error = {0};
    List* params = NIL;
    int number = 0;
    ListCell* cell;

    if (tsr_can_change(statement, change, returning != NIL)) {
        foreach (cell, targets) {
            tsr_change_value(statement, tessera_column_name(RelationGetRelid(relation), (AttrNumber)lfirst_int(cell)),
                             tsr_expr_value(statement, ++number));
        }
        foreach (cell, keys) {
            addKeyCondition(statement, relation, source, (AttrNumber)lfirst_int(cell), ++number);
        }
        tessera_return_columns(statement, relation, returning, 1);
        if (ignore_conflicts) {
            if (!tsr_can_ignore_conflicts(statement)) {
                ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                                errmsg("source \"%s\" has no ON CONFLICT DO NOTHING", source->name)));
            }
            tsr_change_ignore_conflicts(statement);
        }
        if (tsr_statement_render(statement, &rendered, &error) != TSR_OK) {
            tessera_raise(source->name, &error);
        }
        for (size_t i = 0; i < rendered.param_count; ++i) {
            params = lappend_int(params, rendered.params[i]);
        }
    } else if (operation != CMD_INSERT || returning != NIL || ignore_conflicts) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("cannot %s foreign table \"%s\"%s: %s",
                               operation == CMD_INSERT   ? "insert into"
                               : operation == CMD_UPDATE ? "update"
                                                         : "delete from",
                               RelationGetRelationName(relation), returning != NIL ? " and get rows back" : "",
                               tsr_refusal(statement)),
                        errdetail("It belongs to source \"%s\".", source->name)));
    }
    return lappend(list_make5(makeString(pstrdup(rendered.text)), targets, params, keys, returning),
                   makeInteger(ignore_conflicts ? 1 : 0));
}

/* ---- Planning ---- */

/* The columns that an INSERT names or this table has defaults for; the source gives the others its own. */
static List* insertTargets(PlannerInfo* root, Relation relation) {
    List* targets = NIL;
    ListCell* cell;

    foreach (cell, root->parse->targetList) {
        TargetEntry* entry = lfirst_node(TargetEntry, cell);

        if (!entry->resjunk && !isGenerated(relation, entry->resno)) {
            targets = lappend_int(targets, entry->resno);
        }
    }
    return targets;
}

List* tessera_all_columns(Relation relation, bool with_generated) {
    List* columns = NIL;

    for (int i = 0; i < RelationGetNumberOfAttributes(relation); ++i) {
        AttrNumber attribute = (AttrNumber)(i + 1);

        if (!TupleDescAttr(RelationGetDescr(relation), i)->attisdropped &&
            (with_generated || !isGenerated(relation, attribute))) {
            columns = lappend_int(columns, attribute);
        }
    }
    return columns;
}

bool tessera_has_row_trigger(Relation relation, CmdType operation, bool after) {
    const TriggerDesc* triggers = relation->trigdesc;

    if (triggers == NULL) {
        return false;
    }
    switch (operation) {
        case CMD_INSERT:
            return after ? triggers->trig_insert_after_row : triggers->trig_insert_before_row;
        case CMD_UPDATE:
            return after ? triggers->trig_update_after_row : triggers->trig_update_before_row;
        default:
            return after ? triggers->trig_delete_after_row : triggers->trig_delete_before_row;
    }
}

static List* updateTargets(PlannerInfo* root, Index rtindex, Relation relation) {
    Bitmapset* updated = get_rel_all_updated_cols(root, find_base_rel(root, (int)rtindex));
    List* targets = NIL;
    int column = -1;

    if (tessera_has_row_trigger(relation, CMD_UPDATE, false)) {
        return tessera_all_columns(relation, false);
    }
    while ((column = bms_next_member(updated, column)) >= 0) {
        AttrNumber attribute = (AttrNumber)(column + FirstLowInvalidHeapAttributeNumber);

        if (attribute > 0 && !isGenerated(relation, attribute)) {
            targets = lappend_int(targets, attribute);
        }
    }
    return targets;
}

static List* keyColumns(Relation relation) {
    List* keys = NIL;

    for (int i = 0; i < RelationGetNumberOfAttributes(relation); ++i) {
        if (!TupleDescAttr(RelationGetDescr(relation), i)->attisdropped &&
            tessera_is_column_option(RelationGetRelid(relation), (AttrNumber)(i + 1), "key")) {
            keys = lappend_int(keys, i + 1);
        }
    }
    return keys != NIL ? keys : list_make1_int(SelfItemPointerAttributeNumber);
}

List* tessera_plan_modify(PlannerInfo* root, ModifyTable* plan, Index rtindex, int subplan) {
    RangeTblEntry* rte = planner_rt_fetch(rtindex, root);
    Relation relation = table_open(rte->relid, NoLock);
    TsrSource* source = tessera_source(GetForeignTable(rte->relid)->serverid, tessera_scan_user(rte));
    CmdType operation = plan->operation;
    List* targets = NIL;
    List* keys = NIL;
    List* returning = NIL;
    bool once = operation != CMD_INSERT && bms_membership(root->all_baserels) == BMS_MULTIPLE;
    List* private;

    if (operation == CMD_MERGE) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("foreign table \"%s\" supports no MERGE", RelationGetRelationName(relation))));
    }
    if (operation == CMD_INSERT) {
        targets = insertTargets(root, relation);
        if (tessera_has_row_trigger(relation, CMD_INSERT, false)) {
            targets = tessera_all_columns(relation, false);
        }
    } else {
        keys = keyColumns(relation);
        if (operation == CMD_UPDATE) {
            targets = updateTargets(root, rtindex, relation);
        }
    }
    if ((plan->returningLists != NIL && list_nth(plan->returningLists, subplan) != NIL) ||
        (operation != CMD_DELETE && tessera_has_row_trigger(relation, operation, true)) ||
        (operation != CMD_DELETE && plan->withCheckOptionLists != NIL)) {
        returning = tessera_all_columns(relation, true);
    }
    if (once && operation == CMD_UPDATE && linitial_int(keys) == SelfItemPointerAttributeNumber) {
        returning = lappend_int(returning, SelfItemPointerAttributeNumber);
    }
    private = tessera_modify_private(relation, source, operation, targets, keys, returning,
                                     plan->onConflictAction == ONCONFLICT_NOTHING);
    table_close(relation, NoLock);
    return lappend(private, makeInteger(once ? 1 : 0));
}

/* ---- ON CONFLICT ---- */

static planner_hook_type next_planner = NULL;

/* PostgreSQL finds the rows in conflict by its own indexes, and where it has none, it says that none matches. To leave
 * the finding to the source would be another statement: of two rows of an INSERT with one key, sent one by one, the
 * second would change the first instead of being an error. */
static void refuseConflict(const RangeTblEntry* rte, const OnConflictExpr* conflict) {
    if (rte->relkind != RELKIND_FOREIGN_TABLE ||
        GetFdwRoutineByRelId(rte->relid)->GetForeignRelSize != tessera_rel_size) {
        return;
    }
    ereport(ERROR,
            (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
             errmsg("foreign table \"%s\" supports no %s", get_rel_name(rte->relid),
                    conflict->action == ONCONFLICT_UPDATE ? "ON CONFLICT DO UPDATE" : "ON CONFLICT with columns"),
             errdetail("Rows in conflict are found by indexes, which foreign tables do not have."),
             errhint("ON CONFLICT DO NOTHING without columns is possible; any other statement of the source's own "
                     "through tessera.remote_execute().")));
}

static bool checkConflicts(Node* node, void* context) {
    if (node == NULL) {
        return false;
    }
    if (IsA(node, Query)) {
        const Query* query = (Query*)node;

        if (query->commandType == CMD_INSERT && query->onConflict != NULL &&
            (query->onConflict->action == ONCONFLICT_UPDATE || query->onConflict->arbiterElems != NIL)) {
            refuseConflict(rt_fetch(query->resultRelation, query->rtable), query->onConflict);
        }
        return query->hasModifyingCTE && query_tree_walker((Query*)query, checkConflicts, context, 0);
    }
    return expression_tree_walker(node, checkConflicts, context);
}

static PlannedStmt* planStatement(Query* query, const char* text, int options, ParamListInfo params) {
    (void)checkConflicts((Node*)query, NULL);
    return (next_planner != NULL ? next_planner : standard_planner)(query, text, options, params);
}

void tessera_install_modify(void) {
    next_planner = planner_hook;
    planner_hook = planStatement;
}

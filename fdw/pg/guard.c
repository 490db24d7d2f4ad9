/* Commands that go round the planner or that a node's roles must not have.
 *
 * People share roles here: what one of them changes about a role, its password or its settings, would let them in
 * beside the node or follow the others into their sessions. And COPY reads a table without the planner. */
#include "fdw/pg/call.h"
#include "fdw/pg/policy.h"
#include "fdw/pg/tessera_fdw.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lock.h"
#include "tcop/utility.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

static ProcessUtility_hook_type next_utility = NULL;

static ResTarget* target(char* column) {
    ResTarget* made = makeNode(ResTarget);
    ColumnRef* reference = makeNode(ColumnRef);

    reference->fields = list_make1(makeString(column));
    reference->location = -1;
    made->val = (Node*)reference;
    made->location = -1;
    return made;
}

/* The columns that COPY writes: those named, or all that are stored. */
static List* copiedColumns(const CopyStmt* copy, Oid oid) {
    Relation relation = table_open(oid, AccessShareLock);
    TupleDesc columns = RelationGetDescr(relation);
    List* targets = NIL;
    ListCell* cell;

    foreach (cell, copy->attlist) {
        targets = lappend(targets, target(strVal(lfirst(cell))));
    }
    for (int i = 0; i < columns->natts && copy->attlist == NIL; ++i) {
        Form_pg_attribute column = TupleDescAttr(columns, i);

        if (!column->attisdropped && column->attgenerated == '\0') {
            targets = lappend(targets, target(pstrdup(NameStr(column->attname))));
        }
    }
    table_close(relation, AccessShareLock);
    return targets;
}

/* COPY table TO of a governed table becomes COPY (SELECT … FROM table) TO, which is planned. */
static PlannedStmt* governCopy(PlannedStmt* statement) {
    CopyStmt* copy = (CopyStmt*)statement->utilityStmt;
    Oid oid = copy->relation != NULL ? RangeVarGetRelid(copy->relation, NoLock, true) : InvalidOid;
    SelectStmt* select;

    if (!OidIsValid(oid) || !tessera_is_governed(oid) || tessera_is_exempt()) {
        return statement;
    }
    if (copy->is_from) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("COPY FROM into \"%s\" is not possible: it has policies", get_rel_name(oid)),
                        errhint("Use INSERT.")));
    }
    statement = copyObject(statement);
    copy = (CopyStmt*)statement->utilityStmt;
    select = makeNode(SelectStmt);
    select->targetList = copiedColumns(copy, oid);
    /* Of a table with children, COPY writes its own rows; of a partitioned one, which has none, all. */
    copy->relation->inh = get_rel_relkind(oid) == RELKIND_PARTITIONED_TABLE;
    select->fromClause = list_make1(copy->relation);
    copy->query = (Node*)select;
    copy->relation = NULL;
    copy->attlist = NIL;
    return statement;
}

static bool endsCall(const Node* command, const char* text) {
    return IsA(command, TransactionStmt) && castNode(TransactionStmt, command)->kind == TRANS_STMT_ROLLBACK &&
           strcmp(text, END_OF_CALL) == 0;
}

static void guardUtility(PlannedStmt* statement, const char* text, bool read_only, ProcessUtilityContext context,
                         ParamListInfo params, QueryEnvironment* environment, DestReceiver* receiver,
                         QueryCompletion* completion) {
    Node* command = statement->utilityStmt;

    if ((IsA(command, AlterRoleStmt) || IsA(command, AlterRoleSetStmt)) && !superuser()) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("roles are changed by the node alone"),
                        errhint("Passwords and roles stand in the node's configuration.")));
    }
    if (IsA(command, CopyStmt)) {
        statement = governCopy(statement);
    }
    if (tessera_is_about_rights(command)) {
        tessera_policies_change();
    }
    if (endsCall(command, text)) {
        LockReleaseSession(USER_LOCKMETHOD);
    }
    (next_utility != NULL ? next_utility : standard_ProcessUtility)(statement, text, read_only, context, params,
                                                                    environment, receiver, completion);
}

void tessera_guard_init(void) {
    next_utility = ProcessUtility_hook;
    ProcessUtility_hook = guardUtility;
}

/* Commands that PostgreSQL allows to everybody and a node's roles must not have. People share roles here: what one of
 * them changes about a role, its password or its settings, would let them in beside the node or follow the others into
 * their sessions. */
#include "fdw/pg/tessera_fdw.h"

#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"

static ProcessUtility_hook_type next_utility = NULL;

static void guardUtility(PlannedStmt* statement, const char* text, bool read_only, ProcessUtilityContext context,
                         ParamListInfo params, QueryEnvironment* environment, DestReceiver* receiver,
                         QueryCompletion* completion) {
    Node* command = statement->utilityStmt;

    if ((IsA(command, AlterRoleStmt) || IsA(command, AlterRoleSetStmt)) && !superuser()) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("roles are changed by the node alone"),
                        errhint("Passwords and roles stand in the node's configuration.")));
    }
    (next_utility != NULL ? next_utility : standard_ProcessUtility)(statement, text, read_only, context, params,
                                                                    environment, receiver, completion);
}

void tessera_guard_init(void) {
    next_utility = ProcessUtility_hook;
    ProcessUtility_hook = guardUtility;
}

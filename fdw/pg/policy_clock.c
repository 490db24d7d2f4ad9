/* Counts the committed changes of what people may see, in a file that the node maps: answers that it keeps are of a
 * count, and are given while it stays (nodeservice/daemon/policy_clock.h). */
#include "fdw/pg/policy.h"
#include "fdw/pg/tessera_fdw.h"

#include "access/xact.h"
#include "storage/fd.h"
#include "utils/guc.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static char* path = NULL;
static uint64* changes = NULL;
static bool has_changed = false; /* in this transaction */

/* After the commit and before anybody hears of it; its locks are held. Must not fail. */
static void transactionEnds(XactEvent event, void* argument pg_attribute_unused()) {
    if (event == XACT_EVENT_PRE_PREPARE && has_changed) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("a transaction that changes what people may see cannot be prepared")));
    }
    if (event == XACT_EVENT_COMMIT && has_changed) {
        (void)__atomic_fetch_add(changes, 1, __ATOMIC_SEQ_CST);
    }
    if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT) {
        has_changed = false;
    }
}

static uint64* mapFile(void) {
    int file = BasicOpenFile(path, O_RDWR);
    void* memory = MAP_FAILED;

    if (file >= 0) {
        memory = mmap(NULL, sizeof(uint64), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    if (memory == MAP_FAILED) {
        int reason = errno;

        if (file >= 0) {
            close(file);
        }
        errno = reason;
        ereport(ERROR, (errcode_for_file_access(), errmsg("the node cannot be told what people may see: %m")));
    }
    close(file);
    return memory;
}

void tessera_policies_change(void) {
    if (path == NULL || path[0] == '\0') {
        return;
    }
    if (changes == NULL) {
        changes = mapFile();
        RegisterXactCallback(transactionEnds, NULL);
    }
    has_changed = true;
}

/* Views and functions are what policies are often made of. */
bool tessera_is_about_rights(const Node* command) {
    switch (nodeTag(command)) {
        case T_GrantStmt:
        case T_GrantRoleStmt:
        case T_AlterRoleStmt:
        case T_CreatePolicyStmt:
        case T_AlterPolicyStmt:
        case T_AlterTableStmt:
        case T_AlterOwnerStmt:
        case T_AlterObjectSchemaStmt:
        case T_RenameStmt:
        case T_DropStmt:
        case T_DropOwnedStmt:
        case T_ReassignOwnedStmt:
        case T_CreateFunctionStmt:
        case T_AlterFunctionStmt:
        case T_ViewStmt:
            return true;
        default:
            return false;
    }
}

void tessera_policy_clock_init(void) {
    DefineCustomStringVariable("tessera.policy_clock", "Where the node reads how often policies have changed.", NULL,
                               &path, "", PGC_POSTMASTER, GUC_NOT_IN_SAMPLE | GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
}

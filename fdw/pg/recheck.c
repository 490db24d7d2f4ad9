/* Joins at a source in statements that lock or change rows. A row that another session has changed meanwhile is looked
 * at again together with the rows it had met (EvalPlanQual): such a scan has the same join, done here, as its child,
 * for these few rows. And rows of the joined tables are locked where the join reads them: only those that it gives. */
#include "fdw/pg/tessera_fdw.h"

#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "optimizer/planmain.h"
#include "optimizer/prep.h"

bool tessera_needs_recheck(PlannerInfo* root) {
    CmdType command = root->parse->commandType;

    return root->rowMarks != NIL || (command != CMD_SELECT && command != CMD_INSERT);
}

/* Rows that this statement will change, or was told to lock, stay as they are until it has done so. */
static TsrRowLock lockOf(PlannerInfo* root, Index relid) {
    PlanRowMark* mark = get_plan_rowmark(root->rowMarks, relid);

    if (bms_is_member((int)relid, root->all_result_relids)) {
        return TSR_LOCK_UPDATE;
    }
    if (mark == NULL || mark->strength == LCS_NONE) {
        return TSR_LOCK_NONE;
    }
    return mark->strength == LCS_FORKEYSHARE || mark->strength == LCS_FORSHARE ? TSR_LOCK_SHARE : TSR_LOCK_UPDATE;
}

/* Of the relation's tables, those that are locked; *lock is how, if it is the same for all of them. */
static Relids lockedTables(PlannerInfo* root, const RelOptInfo* rel, TsrRowLock* lock, bool* is_one) {
    Relids locked = NULL;
    int relid = -1;

    *lock = TSR_LOCK_NONE;
    *is_one = true;
    while ((relid = bms_next_member(rel->relids, relid)) >= 0) {
        TsrRowLock own = lockOf(root, (Index)relid);

        if (own != TSR_LOCK_NONE) {
            *is_one = *is_one && (*lock == TSR_LOCK_NONE || *lock == own);
            *lock = own;
            locked = bms_add_member(locked, relid);
        }
    }
    return locked;
}

bool tessera_can_recheck(PlannerInfo* root, RelOptInfo* joinrel) {
    RelInfo* info = RELINFO(joinrel);
    TsrRowLock lock;
    bool is_one;
    Relids locked = lockedTables(root, joinrel, &lock, &is_one);

    /* The row of a table without a partner can't be told from one of NULLs; and conditions that are checked here ask
     * for columns that the child does not have. */
    if (!info->keeps_rows || info->local_conds != NIL || bms_overlap(joinrel->relids, root->all_result_relids) ||
        !is_one) {
        return false;
    }
    if (locked != NULL && tsr_can_lock(info->scratch) && !tsr_can_lock_some(info->scratch) &&
        !bms_equal(locked, joinrel->relids)) {
        return false;
    }
    info->recheck = GetExistingLocalJoinPath(joinrel);
    return info->recheck != NULL;
}

TsrRowLock tessera_lock_rows(TsrStatement* statement, PlannerInfo* root, RelOptInfo* rel) {
    TsrRowLock lock;
    bool is_one;
    Relids locked;
    int relid = -1;

    if (IS_UPPER_REL(rel)) {
        return TSR_LOCK_NONE;
    }
    locked = lockedTables(root, rel, &lock, &is_one);
    tsr_select_lock(statement, lock);
    while (IS_JOIN_REL(rel) && tsr_can_lock_some(statement) && (relid = bms_next_member(locked, relid)) >= 0) {
        tsr_select_locked(statement, relid);
    }
    return lock;
}

/* Scans of ours below it give only the row at hand. */
static void onlyRechecks(Plan* plan) {
    if (plan == NULL) {
        return;
    }
    if (IsA(plan, ForeignScan)) {
        ListCell* locks = list_nth_cell(((ForeignScan*)plan)->fdw_private, SCAN_LOCKS);

        lfirst(locks) = makeInteger(RECHECKS_ROW);
    }
    onlyRechecks(outerPlan(plan));
    onlyRechecks(innerPlan(plan));
}

Plan* tessera_recheck_plan(Plan* plan, List* scan_tlist) {
    onlyRechecks(plan);
    return change_plan_targetlist(plan, scan_tlist, false);
}

bool tessera_recheck_scan(ForeignScanState* node, TupleTableSlot* slot) {
    TupleTableSlot* result;

    /* Of one table: its conditions have been checked. */
    if (((Scan*)node->ss.ps.plan)->scanrelid > 0) {
        return true;
    }
    result = ExecProcNode(outerPlanState(node));
    if (TupIsNull(result)) {
        return false;
    }
    ExecCopySlot(slot, result);
    return true;
}

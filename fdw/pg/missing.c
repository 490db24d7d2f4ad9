/* Shards that can't be read: see missing.h. */
#include "fdw/pg/missing.h"

#include "fdw/pg/replica.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "commands/explain.h"
#include "nodes/extensible.h"
#include "optimizer/pathnode.h"
#include "optimizer/restrictinfo.h"
#include "utils/guc.h"
#include "utils/plancache.h"
#include "utils/rel.h"

typedef enum MissingShards { MISSING_SHARDS_ERROR, MISSING_SHARDS_SKIP } MissingShards;

static const struct config_enum_entry modes[] = {
    {"error", MISSING_SHARDS_ERROR, false}, {"skip", MISSING_SHARDS_SKIP, false}, {NULL, 0, false}};

static int missing_shards = MISSING_SHARDS_ERROR;
/* Has a plan of this session been made while one of its shards was missing? Others are the same in both modes. */
static bool is_planned = false;

/* ---- Running ---- */

static void begin(CustomScanState* node, EState* state pg_attribute_unused(), int eflags) {
    const PlannedStmt* statement = node->ss.ps.state->es_plannedstmt;

    if ((eflags & EXEC_FLAG_EXPLAIN_ONLY) != 0) {
        return;
    }
    if (statement->commandType != CMD_SELECT || statement->hasModifyingCTE) {
        ereport(ERROR, (errcode(ERRCODE_CANNOT_CONNECT_NOW),
                        errmsg("%s is missing: nothing is changed by the rows of the other shards alone",
                               tessera_describe_missing(RelationGetRelid(node->ss.ss_currentRelation))),
                        errhint("Try again when its node is back, or without tessera.missing_shards = skip.")));
    }
    tessera_warn_of_missing(RelationGetRelid(node->ss.ss_currentRelation));
}

static TupleTableSlot* next(CustomScanState* node pg_attribute_unused()) {
    return NULL;
}

static void nothing(CustomScanState* node pg_attribute_unused()) {}

static void explain(CustomScanState* node, List* ancestors pg_attribute_unused(), ExplainState* es) {
    ExplainPropertyText("Missing", tessera_describe_missing(RelationGetRelid(node->ss.ss_currentRelation)), es);
}

static const CustomExecMethods exec_methods = {.CustomName = "TesseraMissingShard",
                                               .BeginCustomScan = begin,
                                               .ExecCustomScan = next,
                                               .EndCustomScan = nothing,
                                               .ReScanCustomScan = nothing,
                                               .ExplainCustomScan = explain};

static Node* createState(CustomScan* scan pg_attribute_unused()) {
    CustomScanState* state = makeNode(CustomScanState);

    state->methods = &exec_methods;
    return (Node*)state;
}

static const CustomScanMethods scan_methods = {.CustomName = "TesseraMissingShard",
                                               .CreateCustomScanState = createState};

/* ---- Planning ---- */

static Plan* makePlan(PlannerInfo* root pg_attribute_unused(), RelOptInfo* rel, CustomPath* path pg_attribute_unused(),
                      List* targets, List* clauses pg_attribute_unused(), List* plans pg_attribute_unused()) {
    CustomScan* scan = makeNode(CustomScan);

    scan->scan.plan.targetlist = targets;
    scan->scan.scanrelid = rel->relid;
    scan->methods = &scan_methods;
    return &scan->scan.plan;
}

static const CustomPathMethods path_methods = {.CustomName = "TesseraMissingShard", .PlanCustomPath = makePlan};

static void size(PlannerInfo* root pg_attribute_unused(), RelOptInfo* rel, Oid table pg_attribute_unused()) {
    rel->rows = 1; /* the planner knows no fewer */
}

static void paths(PlannerInfo* root, RelOptInfo* rel, Oid table pg_attribute_unused()) {
    CustomPath* path = makeNode(CustomPath);

    path->path.pathtype = T_CustomScan;
    path->path.parent = rel;
    path->path.pathtarget = rel->reltarget;
    path->path.param_info = get_baserel_parampathinfo(root, rel, rel->lateral_relids);
    path->path.rows = 1;
    path->methods = &path_methods;
    add_path(rel, &path->path);
}

/* Not the wrapper's own, by whose functions relations are known as ours. */
static FdwRoutine routine = {.type = T_FdwRoutine, .GetForeignRelSize = size, .GetForeignPaths = paths};

void tessera_plan_missing(RelOptInfo* rel) {
    is_planned = true;
    if (missing_shards == MISSING_SHARDS_SKIP) {
        rel->fdwroutine = &routine;
        rel->serverid = InvalidOid;
    }
}

void tessera_none_missing(void) {
    is_planned = false;
}

static void modeChanged(int mode, void* extra pg_attribute_unused()) {
    if (mode != missing_shards && is_planned) {
        ResetPlanCache();
    }
}

void tessera_missing_init(void) {
    DefineCustomEnumVariable("tessera.missing_shards", "What comes of shards whose node can't be reached.",
                             "Of those without a copy. error: the statement fails; skip: their rows are missing, which "
                             "a warning says.",
                             &missing_shards, MISSING_SHARDS_ERROR, modes, PGC_USERSET, 0, NULL, modeChanged, NULL);
    RegisterCustomScanMethods(&scan_methods);
}

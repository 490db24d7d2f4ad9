/* The extension's entry: settings and the handler's table of functions. */
#include "fdw/pg/delegated_join.h"
#include "fdw/pg/links.h"
#include "fdw/pg/missing.h"
#include "fdw/pg/own_changes.h"
#include "fdw/pg/replica.h"
#include "fdw/pg/shard_join.h"
#include "fdw/pg/statistics.h"
#include "fdw/pg/tell.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/syscache.h"

PG_MODULE_MAGIC;

static const struct config_enum_entry pushdown_modes[] = {
    {"full", PUSHDOWN_FULL, false}, {"filter", PUSHDOWN_FILTER, false}, {"off", PUSHDOWN_OFF, false}, {NULL, 0, false}};

char* tessera_connector_path = NULL;
char* tessera_dialect_directory = NULL;
int tessera_pushdown = PUSHDOWN_FULL;
int tessera_batch_memory = 8192;
int tessera_write_batch_size = 1024;
bool tessera_expect_many_rows = false;
bool tessera_tell_remote = false;

PGDLLEXPORT void _PG_init(void);
PG_FUNCTION_INFO_V1(tessera_fdw_handler);

/* A server or a user mapping has changed: sessions made with the old options must not serve the new ones. */
static void sourcesChanged(Datum argument pg_attribute_unused(), int cache pg_attribute_unused(),
                           uint32 hash pg_attribute_unused()) {
    tsr_sessions_invalidate();
}

void _PG_init(void) {
    DefineCustomStringVariable("tessera.connector_path", "The folder that holds the connectors, libtessera_NAME.so.",
                               NULL, &tessera_connector_path, "$libdir/tessera/connectors", PGC_SUSET, 0, NULL, NULL,
                               NULL);
    DefineCustomStringVariable("tessera.dialect_directory", "The folder that holds dialect files, NAME.yaml.", NULL,
                               &tessera_dialect_directory, "", PGC_SUSET, 0, NULL, NULL, NULL);
    DefineCustomEnumVariable("tessera.pushdown", "How much of a query sources do.",
                             "full: all that they can; filter: they choose rows; off: only columns. Results are the "
                             "same.",
                             &tessera_pushdown, PUSHDOWN_FULL, pushdown_modes, PGC_USERSET, 0, NULL, NULL, NULL);
    DefineCustomIntVariable("tessera.batch_memory", "How much memory a foreign scan may hold.",
                            "A single row that is larger is held nevertheless.", &tessera_batch_memory, 8192, 64,
                            1024 * 1024, PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
    DefineCustomIntVariable("tessera.write_batch_size", "How much is gathered before rows are sent to a source.", NULL,
                            &tessera_write_batch_size, 1024, 1, 65536, PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
    DefineCustomBoolVariable("tessera.expect_many_rows",
                             "Sources are told that any number of rows may come, whatever the planner expects.",
                             "For tests: how rows travel depends on it, what they are does not.",
                             &tessera_expect_many_rows, false, PGC_USERSET, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
    DefineCustomBoolVariable("tessera.tell_remote", "Each statement that is sent to a source is told to the client.",
                             "By a notice, once for each part of a plan. The history of jobs has them by this.",
                             &tessera_tell_remote, false, PGC_USERSET, 0, NULL, NULL, NULL);
    tessera_identity_init();
    tessera_mesh_init();
    tessera_replica_init();
    tessera_missing_init();
    if (process_shared_preload_libraries_in_progress) {
        tessera_guard_init();
        tessera_policy_clock_init();
        tessera_govern_init();
        tessera_audit_init();
        tessera_links_init();
        /* Behind the audit, which is told of errors as they are worded here. */
        tessera_memory_init();
    }
    tessera_register_bind_join();
    tessera_register_shipped_rows();
    tessera_register_delegated_joins();
    tessera_register_shard_joins();
    tessera_register_reads_elsewhere();
    tessera_register_eager_aggregation();
    tessera_register_early_start();
    tessera_register_statistics();
    tessera_register_parallel_scans();
    tessera_register_resolver();
    MarkGUCPrefixReserved("tessera");
    CacheRegisterSyscacheCallback(FOREIGNSERVEROID, sourcesChanged, (Datum)0);
    CacheRegisterSyscacheCallback(USERMAPPINGOID, sourcesChanged, (Datum)0);
    tessera_install_partial();
    tessera_install_generic_plans();
    tessera_install_subqueries();
    tessera_install_set_operations();
    tessera_install_modify();
}

Datum tessera_fdw_handler(PG_FUNCTION_ARGS) {
    FdwRoutine* routine = makeNode(FdwRoutine);

    (void)fcinfo;
    routine->GetForeignRelSize = tessera_rel_size;
    routine->GetForeignPaths = tessera_base_paths;
    routine->GetForeignJoinPaths = tessera_join_paths;
    routine->GetForeignUpperPaths = tessera_upper_paths;
    routine->GetForeignPlan = tessera_plan;
    routine->BeginForeignScan = tessera_begin_scan;
    routine->IterateForeignScan = tessera_iterate_scan;
    routine->ReScanForeignScan = tessera_rescan;
    routine->EndForeignScan = tessera_end_scan;
    routine->RecheckForeignScan = tessera_recheck_scan;
    routine->ExplainForeignScan = tessera_explain_scan;
    routine->IsForeignPathAsyncCapable = tessera_async_capable;
    routine->ForeignAsyncRequest = tessera_async_request;
    routine->ForeignAsyncConfigureWait = tessera_async_configure_wait;
    routine->ForeignAsyncNotify = tessera_async_notify;
    routine->IsForeignRelUpdatable = tessera_updatable;
    routine->AddForeignUpdateTargets = tessera_add_update_targets;
    routine->PlanForeignModify = tessera_plan_modify;
    routine->BeginForeignModify = tessera_begin_modify;
    routine->ExecForeignInsert = tessera_exec_insert;
    routine->ExecForeignUpdate = tessera_exec_update;
    routine->ExecForeignDelete = tessera_exec_delete;
    routine->EndForeignModify = tessera_end_modify;
    routine->BeginForeignInsert = tessera_begin_insert;
    routine->EndForeignInsert = tessera_end_modify;
    routine->ExplainForeignModify = tessera_explain_modify;
    routine->PlanDirectModify = tessera_plan_direct;
    routine->BeginDirectModify = tessera_begin_direct;
    routine->IterateDirectModify = tessera_iterate_direct;
    routine->EndDirectModify = tessera_end_direct;
    routine->ExplainDirectModify = tessera_explain_direct;
    routine->ExecForeignTruncate = tessera_truncate;
    routine->ImportForeignSchema = tessera_import;
    routine->AnalyzeForeignTable = tessera_analyze;
    PG_RETURN_POINTER(routine);
}

/* Running INSERT, and UPDATE and DELETE row by row. Rows to insert are gathered and sent in bulk where nothing has to
 * come back for each; a changed row is found by its key, or by its address where there is no key. */
#include "fdw/pg/modify.h"

#include "fdw/pg/replica.h"
#include "fdw/pg/tell.h"

#include "access/sysattr.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "parser/parsetree.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* Those that have rows to send: before anyone reads from their source, they send them. */
static dlist_head gathering = DLIST_STATIC_INIT(gathering);

static void destroyIngestion(void* ingestion) {
    tsr_ingestion_destroy(ingestion);
}

static void stopIngestion(ModifyState* state) {
    tessera_disown(state->owner);
    state->owner = NULL;
    state->ingestion = NULL;
}

static void holdSession(ModifyState* state, bool hold) {
    TsrParticipant* participant = tsr_participant_find(state->source->server, state->source->user);

    if (participant != NULL && (hold || tsr_participant_holder(participant) == &state->holder)) {
        tsr_participant_hold(participant, hold ? &state->holder : NULL);
    }
}

static void setGathering(ModifyState* state, bool on) {
    if (on && !state->is_gathering) {
        dlist_push_tail(&gathering, &state->gathering);
    } else if (!on && state->is_gathering) {
        dlist_delete(&state->gathering);
    }
    state->is_gathering = on;
}

static void forgetState(void* state) {
    setGathering(state, false);
}

/* Of an ingest, which each connector does in its own way. */
static char* bulkStatement(const ModifyState* state) {
    return psprintf("rows in bulk into %s", state->target.relation);
}

static void raiseOfBulk(const ModifyState* state, const TsrError* error) {
    tessera_raise_of(state->source->name, bulkStatement(state), error);
}

/* Sends what is gathered; the ingest stays open for more. */
static void flushRows(ModifyState* state) {
    TsrError error = {0};

    setGathering(state, false);
    if (tessera_row_buffer_rows(state->rows) == 0 || state->failed) {
        return;
    }
    state->failed = true; /* until it has gone well */
    if (state->ingestion == NULL) {
        TsrParticipant* participant = tessera_join_as_writer(state->source);

        tessera_tell_statement(state->source, bulkStatement(state));
        if (tsr_ingestion_start(participant, &state->target, &state->ingestion, &error) != TSR_OK) {
            raiseOfBulk(state, &error);
        }
        state->owner = tessera_own(state->shape, state->ingestion, destroyIngestion);
        holdSession(state, true);
    }
    tessera_start_timeout(state->source);
    if (tsr_ingestion_rows(state->ingestion, tessera_row_buffer_values(state->rows),
                           tessera_row_buffer_rows(state->rows), &error) != TSR_OK) {
        raiseOfBulk(state, &error);
    }
    tessera_row_buffer_clear(state->rows);
    state->failed = false;
    CHECK_FOR_INTERRUPTS();
}

/* All rows so far are in the table when this returns. */
static void finishRows(ModifyState* state) {
    TsrError error = {0};
    int64 count;

    flushRows(state);
    if (state->ingestion != NULL && !state->failed) {
        state->failed = true;
        tessera_start_timeout(state->source);
        if (tsr_ingestion_finish(state->ingestion, &count, &error) != TSR_OK) {
            raiseOfBulk(state, &error);
        }
        state->failed = false;
    }
    stopIngestion(state);
    holdSession(state, false);
}

static void yieldRows(TsrHolder* holder) {
    finishRows((ModifyState*)holder);
}

void tessera_send_gathered_rows(const TsrSource* source) {
    bool again = true;

    while (again) {
        dlist_iter iter;

        again = false;
        dlist_foreach(iter, &gathering) {
            ModifyState* state = dlist_container(ModifyState, gathering, iter.cur);

            if (state->source->server == source->server && state->source->user == source->user) {
                finishRows(state);
                again = true;
                break;
            }
        }
    }
}

void tessera_forget_gathered_rows(int level) {
    dlist_mutable_iter iter;

    dlist_foreach_modify(iter, &gathering) {
        ModifyState* state = dlist_container(ModifyState, gathering, iter.cur);

        if (state->level >= level) {
            setGathering(state, false);
        }
    }
}

static void setTarget(ModifyState* state) {
    Oid table = RelationGetRelid(state->relation);
    TableOptions options = tessera_table_options(table, state->source);
    TsrStatement* statement = tessera_change_statement(state->relation, state->source, TSR_INSERT, 1);
    const char** columns = palloc(sizeof(char*) * (Size)(state->target_count + 1));
    TsrType* types = palloc(sizeof(TsrType) * (Size)(state->target_count + 1));

    for (int i = 0; i < state->target_count; ++i) {
        columns[i] = tessera_column_name(table, state->targets[i]);
        types[i] = tessera_encoder_type(tessera_row_buffer_encoder(state->rows, i));
    }
    state->target = (TsrTarget){
        .struct_size = sizeof(TsrTarget),
        .relation = tsr_change_relation(statement),
        .option_count = options.count,
        .options = options.options,
        .column_count = (size_t)state->target_count,
        .columns = columns,
        .types = types,
    };
}

static AttrNumber* numbers(List* list, int* count) {
    AttrNumber* array = palloc(sizeof(AttrNumber) * (Size)(list_length(list) + 1));
    ListCell* cell;

    *count = 0;
    foreach (cell, list) {
        array[(*count)++] = (AttrNumber)lfirst_int(cell);
    }
    return array;
}

static ModifyState* newState(ResultRelInfo* rri, EState* estate, Oid user, CmdType operation) {
    MemoryContext before = MemoryContextSwitchTo(estate->es_query_cxt);
    ModifyState* state = palloc0(sizeof(ModifyState));

    tessera_before_change(RelationGetRelid(rri->ri_RelationDesc));
    state->holder.yield = yieldRows;
    state->level = GetCurrentTransactionNestLevel();
    state->relation = rri->ri_RelationDesc;
    state->rri = rri;
    state->context = estate->es_query_cxt;
    state->operation = operation;
    state->source = tessera_source(GetForeignTable(RelationGetRelid(state->relation))->serverid, user);
    tessera_own(state->context, state, forgetState);
    MemoryContextSwitchTo(before);
    return state;
}

/* All that depends on which columns are bound. */
static void shape(ModifyState* state, List* private) {
    MemoryContext before;
    TsrParticipant* participant = tessera_join_as_writer(state->source);
    bool bulk;

    if (state->shape != NULL) {
        MemoryContextDelete(state->shape);
    }
    state->shape = AllocSetContextCreate(state->context, "tessera_fdw shape of rows", ALLOCSET_SMALL_SIZES);
    before = MemoryContextSwitchTo(state->shape);
    state->rows = NULL;
    state->fetch = NULL;
    state->param_count = 0;
    state->targets = numbers(list_nth(private, MODIFY_TARGETS), &state->target_count);
    state->returning = numbers(list_nth(private, MODIFY_RETURNING), &state->returning_count);
    bulk = state->operation == CMD_INSERT && state->returning_count == 0 && state->target_count > 0 &&
           intVal(list_nth(private, MODIFY_CONFLICTS)) == 0 &&
           (tsr_participant_capabilities(participant) & TSR_CAN_INGEST) != 0;
    if (bulk) {
        Oid* types = palloc(sizeof(Oid) * (Size)(state->target_count + 1));

        for (int i = 0; i < state->target_count; ++i) {
            types[i] = tessera_attribute_type(state->relation, state->targets[i]);
        }
        state->rows = tessera_row_buffer(state->target_count, types);
        setTarget(state);
    } else if (strVal(list_nth(private, MODIFY_TEXT))[0] == '\0') {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("source \"%s\" takes rows in bulk only, without RETURNING, conflicts and triggers",
                               state->source->name)));
    } else {
        tessera_prepare_rows(state, private);
    }
    MemoryContextSwitchTo(before);
}

static List* optionalColumns(Relation relation) {
    List* columns = NIL;
    ListCell* cell;

    foreach (cell, tessera_all_columns(relation, false)) {
        AttrNumber attribute = (AttrNumber)lfirst_int(cell);

        if (tessera_is_column_option(RelationGetRelid(relation), attribute, "source_default")) {
            columns = lappend_int(columns, attribute);
        }
    }
    return columns;
}

static List* insertPrivate(ModifyState* state) {
    ResultRelInfo* rri = state->rri;
    bool returns = rri->ri_returningList != NIL || tessera_has_row_trigger(state->relation, CMD_INSERT, true) ||
                   rri->ri_WithCheckOptions != NIL;
    List* targets = NIL;
    ListCell* cell;

    foreach (cell, tessera_all_columns(state->relation, false)) {
        if (!bms_is_member(lfirst_int(cell), state->omitted)) {
            targets = lappend_int(targets, lfirst_int(cell));
        }
    }
    return tessera_modify_private(state->relation, state->source, CMD_INSERT, targets, NIL,
                                  returns ? tessera_all_columns(state->relation, true) : NIL, state->ignore_conflicts);
}

/* A row whose NULLs stand elsewhere is for another statement. */
static void adaptShape(ModifyState* state, TupleTableSlot* slot) {
    Bitmapset* omitted = NULL;
    ListCell* cell;
    MemoryContext before;

    if (state->optional == NIL) {
        return;
    }
    slot_getallattrs(slot);
    before = MemoryContextSwitchTo(state->context);
    foreach (cell, state->optional) {
        if (slot->tts_isnull[lfirst_int(cell) - 1]) {
            omitted = bms_add_member(omitted, lfirst_int(cell));
        }
    }
    if (!bms_equal(omitted, state->omitted)) {
        if (state->rows != NULL) {
            finishRows(state);
        } else {
            tessera_fetch_stop(state->fetch);
        }
        bms_free(state->omitted);
        state->omitted = omitted;
        shape(state, insertPrivate(state));
    } else {
        bms_free(omitted);
    }
    MemoryContextSwitchTo(before);
}

void tessera_begin_modify(ModifyTableState* node, ResultRelInfo* rri, List* private, int subplan pg_attribute_unused(),
                          int eflags) {
    RangeTblEntry* rte = exec_rt_fetch(rri->ri_RangeTableIndex, node->ps.state);
    ModifyState* state;

    if ((eflags & EXEC_FLAG_EXPLAIN_ONLY) != 0) {
        return;
    }
    state = newState(rri, node->ps.state, tessera_scan_user(rte), node->operation);
    rri->ri_FdwState = state;
    state->ignore_conflicts = intVal(list_nth(private, MODIFY_CONFLICTS)) != 0;
    if (node->operation == CMD_INSERT && tessera_has_row_trigger(state->relation, CMD_INSERT, false)) {
        state->optional = optionalColumns(state->relation);
    }
    state->keys = numbers(list_nth(private, MODIFY_KEYS), &state->key_count);
    if (intVal(list_nth(private, MODIFY_ONCE)) != 0) {
        tessera_change_once(state, list_nth(private, MODIFY_TARGETS));
    }
    state->key_places = palloc(sizeof(AttrNumber) * (Size)(state->key_count + 1));
    for (int i = 0; i < state->key_count; ++i) {
        const char* name =
            state->keys[i] == SelfItemPointerAttributeNumber
                ? "ctid"
                : psprintf(KEY_PREFIX "%s",
                           NameStr(TupleDescAttr(RelationGetDescr(state->relation), state->keys[i] - 1)->attname));

        state->key_places[i] = ExecFindJunkAttributeInTlist(outerPlanState(node)->plan->targetlist, name);
        if (!AttributeNumberIsValid(state->key_places[i])) {
            elog(ERROR, "the plan has no junk column \"%s\"", name);
        }
    }
    shape(state, private);
    state->guarded = tessera_guard_plan(outerPlanState(node), state->relation, state->source);
}

TupleTableSlot* tessera_exec_insert(EState* estate pg_attribute_unused(), ResultRelInfo* rri, TupleTableSlot* slot,
                                    TupleTableSlot* plan_slot) {
    ModifyState* state = rri->ri_FdwState;

    adaptShape(state, slot);
    if (state->rows == NULL) {
        return tessera_change_row(state, slot, plan_slot);
    }
    tessera_row_buffer_add(state->rows, slot, state->targets);
    setGathering(state, true);
    if (tessera_row_buffer_full(state->rows)) {
        flushRows(state);
    }
    return slot;
}

TupleTableSlot* tessera_exec_update(EState* estate pg_attribute_unused(), ResultRelInfo* rri, TupleTableSlot* slot,
                                    TupleTableSlot* plan_slot) {
    return tessera_change_row(rri->ri_FdwState, slot, plan_slot);
}

TupleTableSlot* tessera_exec_delete(EState* estate pg_attribute_unused(), ResultRelInfo* rri, TupleTableSlot* slot,
                                    TupleTableSlot* plan_slot) {
    return tessera_change_row(rri->ri_FdwState, slot, plan_slot);
}

void tessera_end_modify(EState* estate pg_attribute_unused(), ResultRelInfo* rri) {
    ModifyState* state = rri->ri_FdwState;

    if (state != NULL && state->guarded != NULL) {
        tessera_guard_end(state->guarded);
    }
    if (state != NULL && state->rows != NULL) {
        finishRows(state);
    }
    if (state != NULL && state->fetch != NULL) {
        tessera_fetch_stop(state->fetch);
    }
}

/* COPY FROM, and rows that are routed to a partition: no plan says which columns are meant, so all are, but for those
 * that are NULL and have a default at the source. */
void tessera_begin_insert(ModifyTableState* node, ResultRelInfo* rri) {
    Relation relation = rri->ri_RelationDesc;
    EState* estate = node->ps.state;
    ModifyTable* plan = (ModifyTable*)node->ps.plan;
    Index rtindex = rri->ri_RangeTableIndex != 0 || rri->ri_RootResultRelInfo == NULL
                        ? rri->ri_RangeTableIndex
                        : rri->ri_RootResultRelInfo->ri_RangeTableIndex;
    Oid user = tessera_scan_user(exec_rt_fetch(rtindex, estate));
    ModifyState* state;

    if (plan != NULL && plan->operation == CMD_UPDATE && rri->ri_FdwState != NULL) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("cannot route rows into foreign table \"%s\", which is itself being updated",
                               RelationGetRelationName(relation))));
    }
    if (plan != NULL && plan->onConflictAction == ONCONFLICT_UPDATE) {
        ereport(ERROR,
                (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                 errmsg("foreign table \"%s\" supports no ON CONFLICT DO UPDATE", RelationGetRelationName(relation))));
    }
    state = newState(rri, estate, user, CMD_INSERT);
    state->ignore_conflicts = plan != NULL && plan->onConflictAction == ONCONFLICT_NOTHING;
    state->optional = optionalColumns(relation);
    shape(state, insertPrivate(state));
    rri->ri_FdwState = state;
}

void tessera_explain_modify(ModifyTableState* node pg_attribute_unused(), ResultRelInfo* rri pg_attribute_unused(),
                            List* private, int subplan pg_attribute_unused(), ExplainState* es) {
    const char* text = strVal(list_nth(private, MODIFY_TEXT));

    if (es->verbose && text[0] != '\0') {
        ExplainPropertyText("Remote SQL", text, es);
    }
}

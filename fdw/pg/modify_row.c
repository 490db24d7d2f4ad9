/* Changing one row at a time: the statement with the row's values, and what the statement of PostgreSQL is not to see
 * of its own changes (own_changes.c). */
#include "fdw/pg/modify.h"

#include "access/sysattr.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "utils/memutils.h"
#include "utils/rel.h"

Oid tessera_attribute_type(Relation relation, AttrNumber attribute) {
    return attribute == SelfItemPointerAttributeNumber
               ? TIDOID
               : TupleDescAttr(RelationGetDescr(relation), attribute - 1)->atttypid;
}

void tessera_prepare_rows(ModifyState* state, List* private) {
    List* params = list_nth(private, MODIFY_PARAMS);
    Oid* types = palloc(sizeof(Oid) * (Size)(state->returning_count + 1));
    int32* typmods = palloc(sizeof(int32) * (Size)(state->returning_count + 1));
    ListCell* cell;

    state->encoders = palloc(sizeof(Encoder*) * (Size)(state->target_count + state->key_count + 1));
    for (int i = 0; i < state->target_count; ++i) {
        state->encoders[i] = tessera_encoder(tessera_attribute_type(state->relation, state->targets[i]));
    }
    for (int i = 0; i < state->key_count; ++i) {
        state->encoders[state->target_count + i] =
            tessera_encoder(tessera_attribute_type(state->relation, state->keys[i]));
    }
    state->params = palloc(sizeof(int) * (Size)(list_length(params) + 1));
    foreach (cell, params) {
        state->params[state->param_count++] = lfirst_int(cell) - 1;
    }
    for (int i = 0; i < state->returning_count; ++i) {
        types[i] = tessera_attribute_type(state->relation, state->returning[i]);
        typmods[i] = state->returning[i] == SelfItemPointerAttributeNumber
                         ? -1
                         : TupleDescAttr(RelationGetDescr(state->relation), state->returning[i] - 1)->atttypmod;
    }
    state->row_context = AllocSetContextCreate(state->shape, "tessera_fdw row", ALLOCSET_SMALL_SIZES);
    state->fetch = tessera_fetch_create(state->shape, state->source, strVal(list_nth(private, MODIFY_TEXT)),
                                        state->returning_count, types, typmods);
    tessera_fetch_for(state->fetch, TSR_USE_CHANGE);
}

/* Keeps what came back, in the slot of the new row. */
static void storeReturned(ModifyState* state, const Datum* columns, const bool* nulls, TupleTableSlot* returned) {
    ExecClearTuple(returned);
    memset(returned->tts_isnull, true, sizeof(bool) * (Size)returned->tts_tupleDescriptor->natts);
    for (int i = 0; i < state->returning_count; ++i) {
        if (state->returning[i] != SelfItemPointerAttributeNumber) {
            returned->tts_values[state->returning[i] - 1] = columns[i];
            returned->tts_isnull[state->returning[i] - 1] = nulls[i];
        }
    }
    ExecStoreVirtualTuple(returned);
    ExecMaterializeSlot(returned);
}

static bool returnsRow(const ModifyState* state) {
    return state->returning_count > 0 && state->returning[0] != SelfItemPointerAttributeNumber;
}

/* Where a changed row has gone is found again by the statement that changed it, which has to know it then. */
static void noteNewAddress(ModifyState* state, const Datum* columns, const bool* nulls) {
    int last = state->returning_count - 1;

    if (last >= 0 && state->returning[last] == SelfItemPointerAttributeNumber) {
        (void)tessera_add_changed_row(state->changed, &columns[last], &nulls[last]);
    }
}

/* Runs the statement for one row, of the targets' values and the keys'; returns how many rows it changed. A row that
 * comes back is left in `returned`. */
static int64 runRow(ModifyState* state, const Datum* row, const bool* is_null, TupleTableSlot* returned) {
    TsrParam* params;
    MemoryContext before;
    Datum* columns;
    bool* nulls;
    int64 count = 0;

    MemoryContextReset(state->row_context);
    before = MemoryContextSwitchTo(state->row_context);
    params = palloc(sizeof(TsrParam) * (Size)(state->param_count + 1));
    for (int i = 0; i < state->param_count; ++i) {
        int number = state->params[i];

        params[i] = tessera_encode(state->encoders[number], row[number], is_null[number]);
    }
    columns = palloc(sizeof(Datum) * (Size)(state->returning_count + 1));
    nulls = palloc(sizeof(bool) * (Size)(state->returning_count + 1));
    MemoryContextSwitchTo(before);
    tessera_fetch_start(state->fetch, params, state->param_count);
    while (tessera_fetch_next(state->fetch, columns, nulls)) {
        if (++count == 1) {
            noteNewAddress(state, columns, nulls);
            if (returnsRow(state)) {
                storeReturned(state, columns, nulls, returned);
            }
        }
    }
    if (state->returning_count == 0) {
        count = tessera_fetch_affected(state->fetch);
    }
    if (state->operation != CMD_INSERT && count > 1) {
        ereport(ERROR, (errcode(ERRCODE_CARDINALITY_VIOLATION),
                        errmsg("the key of foreign table \"%s\" stands for " INT64_FORMAT " rows at source \"%s\"",
                               RelationGetRelationName(state->relation), count, state->source->name),
                        errhint("Set the column option key for columns that are unique together.")));
    }
    return count;
}

/* ---- Each row once ---- */

void tessera_change_once(ModifyState* state, List* targets) {
    Oid* types = palloc(sizeof(Oid) * (Size)state->key_count);

    state->key_targets = MemoryContextAlloc(state->context, sizeof(int) * (Size)state->key_count);
    for (int i = 0; i < state->key_count; ++i) {
        ListCell* cell;

        types[i] = tessera_attribute_type(state->relation, state->keys[i]);
        state->key_targets[i] = -1;
        foreach (cell, targets) {
            if (lfirst_int(cell) == state->keys[i]) {
                state->key_targets[i] = foreach_current_index(cell);
            }
        }
    }
    state->changed = tessera_changed_rows(state->context, state->key_count, types);
}

/* False when the statement has changed the row already. It is found by its new key, too. */
static bool isFirstChange(ModifyState* state, Datum* row, bool* is_null) {
    Datum* keys = row + state->target_count;
    bool* key_nulls = is_null + state->target_count;
    bool has_new_key = false;
    Datum* new_keys;
    bool* new_nulls;

    if (state->changed == NULL) {
        return true;
    }
    if (!tessera_add_changed_row(state->changed, keys, key_nulls)) {
        return false;
    }
    new_keys = palloc(sizeof(Datum) * (Size)state->key_count);
    new_nulls = palloc(sizeof(bool) * (Size)state->key_count);
    for (int i = 0; i < state->key_count; ++i) {
        int target = state->operation == CMD_UPDATE ? state->key_targets[i] : -1;

        has_new_key = has_new_key || target >= 0;
        new_keys[i] = target >= 0 ? row[target] : keys[i];
        new_nulls[i] = target >= 0 ? is_null[target] : key_nulls[i];
    }
    if (has_new_key) {
        (void)tessera_add_changed_row(state->changed, new_keys, new_nulls);
    }
    pfree(new_keys);
    pfree(new_nulls);
    return true;
}

TupleTableSlot* tessera_change_row(ModifyState* state, TupleTableSlot* slot, TupleTableSlot* plan_slot) {
    int columns = state->target_count + state->key_count;
    Datum* row = palloc(sizeof(Datum) * (Size)(columns + 1));
    bool* is_null = palloc(sizeof(bool) * (Size)(columns + 1));
    bool changes;

    for (int i = 0; i < columns; ++i) {
        row[i] = i < state->target_count
                     ? slot_getattr(slot, state->targets[i], &is_null[i])
                     : slot_getattr(plan_slot, state->key_places[i - state->target_count], &is_null[i]);
    }
    changes = isFirstChange(state, row, is_null) && runRow(state, row, is_null, slot) > 0;
    pfree(row);
    pfree(is_null);
    return changes ? slot : NULL;
}

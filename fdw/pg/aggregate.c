/* Aggregates, window functions and GROUPING() to the IR. */
#include "fdw/pg/tessera_fdw.h"

#include "access/stratnum.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_am.h"
#include "commands/defrem.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"

bool tessera_is_default_order(Oid opfamily, Oid type) {
    Oid opclass = GetDefaultOpClass(type, BTREE_AM_OID);

    return OidIsValid(opclass) && get_opclass_family(opclass) == opfamily;
}

/* A key of an ORDER BY, or, without an order of its own, of a PARTITION BY. False: refused. */
static bool sortKey(Translation* t, SortGroupClause* clause, List* tlist, bool ordered, TsrSortKey* key) {
    Expr* expr = (Expr*)get_sortgroupclause_expr(clause, tlist);

    if (IsA(expr, Const)) {
        tsr_refuse(t->statement, "it is ordered by a constant");
        return false;
    }
    if (ordered) {
        Oid opfamily;
        Oid input;
        int16 strategy;

        if (!get_ordering_op_properties(clause->sortop, &opfamily, &input, &strategy) ||
            !tessera_is_default_order(opfamily, exprType((Node*)expr))) {
            tsr_refuse(t->statement, "it is ordered by an operator of its own");
            return false;
        }
        key->descending = strategy == BTGreaterStrategyNumber;
        key->nulls_first = clause->nulls_first;
    }
    key->expr = tessera_translate(t, expr);
    key->collation = tessera_collation(exprCollation((Node*)expr));
    return key->expr != NULL;
}

/* NULL: refused. An empty list gives an array all the same. */
static TsrSortKey* sortKeys(Translation* t, List* clauses, List* tlist, bool ordered) {
    TsrSortKey* keys = palloc0(sizeof(TsrSortKey) * (list_length(clauses) + 1));
    ListCell* cell;

    foreach (cell, clauses) {
        if (!sortKey(t, lfirst(cell), tlist, ordered, &keys[foreach_current_index(cell)])) {
            return NULL;
        }
    }
    return keys;
}

static bool frameBound(Translation* t, Node* offset, int options, int unbounded, int current, int preceding,
                       TsrBound far, TsrBound* bound, const TsrExpr** translated) {
    if ((options & unbounded) != 0) {
        *bound = far;
    } else if ((options & current) != 0) {
        *bound = TSR_BOUND_CURRENT_ROW;
    } else {
        *bound = (options & preceding) != 0 ? TSR_BOUND_PRECEDING : TSR_BOUND_FOLLOWING;
        *translated = tessera_translate(t, (Expr*)offset);
        return *translated != NULL;
    }
    return true;
}

static bool frame(Translation* t, WindowClause* clause, TsrWindow* window) {
    int options = clause->frameOptions;

    window->has_frame = (options & FRAMEOPTION_NONDEFAULT) != 0;
    window->mode = (options & FRAMEOPTION_ROWS) != 0     ? TSR_FRAME_ROWS
                   : (options & FRAMEOPTION_GROUPS) != 0 ? TSR_FRAME_GROUPS
                                                         : TSR_FRAME_RANGE;
    window->exclusion = (options & FRAMEOPTION_EXCLUDE_CURRENT_ROW) != 0 ? TSR_EXCLUDE_CURRENT_ROW
                        : (options & FRAMEOPTION_EXCLUDE_GROUP) != 0     ? TSR_EXCLUDE_GROUP
                        : (options & FRAMEOPTION_EXCLUDE_TIES) != 0      ? TSR_EXCLUDE_TIES
                                                                         : TSR_EXCLUDE_NOTHING;
    return frameBound(t, clause->startOffset, options, FRAMEOPTION_START_UNBOUNDED_PRECEDING,
                      FRAMEOPTION_START_CURRENT_ROW, FRAMEOPTION_START_OFFSET_PRECEDING, TSR_BOUND_UNBOUNDED_PRECEDING,
                      &window->start, &window->start_offset) &&
           frameBound(t, clause->endOffset, options, FRAMEOPTION_END_UNBOUNDED_FOLLOWING, FRAMEOPTION_END_CURRENT_ROW,
                      FRAMEOPTION_END_OFFSET_PRECEDING, TSR_BOUND_UNBOUNDED_FOLLOWING, &window->end,
                      &window->end_offset);
}

/* The window that a function looks at. False: refused. */
static bool translateWindow(Translation* t, Index winref, TsrWindow* window) {
    List* tlist = t->root->processed_tlist;
    ListCell* cell;

    foreach (cell, t->root->parse->windowClause) {
        WindowClause* clause = lfirst_node(WindowClause, cell);

        if (clause->winref == winref) {
            memset(window, 0, sizeof(*window));
            window->partition_count = (size_t)list_length(clause->partitionClause);
            window->partition_by = sortKeys(t, clause->partitionClause, tlist, false);
            window->order_count = (size_t)list_length(clause->orderClause);
            window->order_by = window->partition_by != NULL ? sortKeys(t, clause->orderClause, tlist, true) : NULL;
            return window->order_by != NULL && frame(t, clause, window);
        }
    }
    tsr_refuse(t->statement, "its window is not known");
    return false;
}

/* The arguments of an aggregate as they stand in the call; NULL: refused. */
static const TsrExpr** aggregateArguments(Translation* t, Aggref* node, size_t* count) {
    List* list = NIL;
    ListCell* cell;

    if (node->aggkind == AGGKIND_ORDERED_SET) {
        return tessera_arguments(t, node->aggdirectargs, count);
    }
    foreach (cell, node->args) {
        TargetEntry* entry = lfirst_node(TargetEntry, cell);

        if (!entry->resjunk) {
            list = lappend(list, entry->expr);
        }
    }
    return tessera_arguments(t, list, count);
}

static bool hasParam(Node* node, void* context) {
    return node != NULL && (IsA(node, Param) || expression_tree_walker(node, hasParam, context));
}

const TsrExpr* tessera_translate_aggregate(Translation* t, Aggref* node) {
    TsrAggregate call = {
        .signature = tessera_signature(node->aggfnoid),
        .type = tessera_type_name(node->aggtype),
        .collation = tessera_collation(node->inputcollid),
        .distinct = node->aggdistinct != NIL,
        .order_count = (size_t)list_length(node->aggorder),
    };

    if (call.signature == NULL || node->aggsplit != AGGSPLIT_SIMPLE || node->aggkind == AGGKIND_HYPOTHETICAL ||
        node->aggvariadic || node->agglevelsup != 0) {
        return tsr_refuse(t->statement, psprintf("%s() is of a kind that is not sent", get_func_name(node->aggfnoid)));
    }
    /* An aggregate belongs to the query whose columns it is about. If constants were all that made it this one, the
     * source would take it for one of the query around. */
    if (t->outer != NULL && node->args != NIL && !contain_var_clause((Node*)node->args) &&
        hasParam((Node*)node->args, NULL)) {
        return tsr_refuse(t->statement, "an aggregate in a subquery is about the query around it");
    }
    call.args = aggregateArguments(t, node, &call.arg_count);
    call.order_by = call.args != NULL ? sortKeys(t, node->aggorder, node->args, true) : NULL;
    if (call.order_by == NULL) {
        return NULL;
    }
    if (node->aggfilter != NULL) {
        call.filter = tessera_translate(t, node->aggfilter);
        if (call.filter == NULL) {
            return NULL;
        }
    }
    return tsr_expr_aggregate(t->statement, &call);
}

const TsrExpr* tessera_translate_window(Translation* t, WindowFunc* node) {
    TsrWindow window;
    TsrAggregate call = {
        .signature = tessera_signature(node->winfnoid),
        .type = tessera_type_name(node->wintype),
        .collation = tessera_collation(node->inputcollid),
        .over = &window,
        .needs_window = !node->winagg,
    };

    if (call.signature == NULL) {
        return tsr_refuse(t->statement, psprintf("%s() is of a kind that is not sent", get_func_name(node->winfnoid)));
    }
    call.args = tessera_arguments(t, node->args, &call.arg_count);
    if (call.args == NULL) {
        return NULL;
    }
    if (node->aggfilter != NULL) {
        call.filter = tessera_translate(t, node->aggfilter);
        if (call.filter == NULL) {
            return NULL;
        }
    }
    return translateWindow(t, node->winref, &window) ? tsr_expr_aggregate(t->statement, &call) : NULL;
}

const TsrExpr* tessera_translate_grouping(Translation* t, GroupingFunc* node) {
    size_t count;
    const TsrExpr** args = tessera_arguments(t, node->args, &count);

    return args == NULL ? NULL : tsr_expr_grouping(t->statement, args, count);
}

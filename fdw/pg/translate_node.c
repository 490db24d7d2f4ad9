/* Nodes that are made of calls, constants and logic: tests, lists, arrays, row comparisons, conditionals, casts. */
#include "fdw/pg/translate.h"

#include "access/stratnum.h"
#include "access/transam.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* GREATEST and LEAST are spelled out as nested CASEs, which double with each argument. */
#define MOST_COMPARED 5
/* Elements of a list whose comparison is no equality: each is a comparison of its own. */
#define MOST_ALTERNATIVES 200

static const TsrExpr* logic(Translation* t, TsrLogic kind, const TsrExpr* left, const TsrExpr* right) {
    const TsrExpr* args[] = {left, right};

    if (left == NULL || (kind != TSR_NOT && right == NULL)) {
        return NULL;
    }
    return tsr_expr_logic(t->statement, kind, args, kind == TSR_NOT ? 1 : 2);
}

static const TsrExpr* boolExpr(Translation* t, BoolExpr* node) {
    static const TsrLogic kinds[] = {[AND_EXPR] = TSR_AND, [OR_EXPR] = TSR_OR, [NOT_EXPR] = TSR_NOT};
    size_t count;
    const TsrExpr** args = tessera_arguments(t, node->args, &count);

    return args == NULL ? NULL : tsr_expr_logic(t->statement, kinds[node->boolop], args, count);
}

static const TsrExpr* nullTest(Translation* t, bool is_null, Expr* arg) {
    const TsrExpr* made = tessera_translate_node(t, arg);

    return made == NULL ? NULL : tsr_expr_null_test(t->statement, is_null, made);
}

/* x IS TRUE is x IS NOT NULL AND x; and so on. */
static const TsrExpr* booleanTest(Translation* t, BooleanTest* node) {
    const TsrExpr* arg = tessera_translate_node(t, node->arg);
    const TsrExpr* made;

    if (arg == NULL) {
        return NULL;
    }
    switch (node->booltesttype) {
        case IS_UNKNOWN:
            return nullTest(t, true, node->arg);
        case IS_NOT_UNKNOWN:
            return nullTest(t, false, node->arg);
        case IS_TRUE:
        case IS_NOT_TRUE:
            made = logic(t, TSR_AND, nullTest(t, false, node->arg), arg);
            return node->booltesttype == IS_TRUE ? made : logic(t, TSR_NOT, made, NULL);
        case IS_FALSE:
        case IS_NOT_FALSE:
            made = logic(t, TSR_AND, nullTest(t, false, node->arg), logic(t, TSR_NOT, arg, NULL));
            return node->booltesttype == IS_FALSE ? made : logic(t, TSR_NOT, made, NULL);
    }
    return NULL;
}

/* a IS DISTINCT FROM b: NOT ((a = b AND neither is NULL) OR both are). */
static const TsrExpr* distinctExpr(Translation* t, DistinctExpr* node) {
    Expr* left = linitial(node->args);
    Expr* right = lsecond(node->args);
    const TsrExpr* same;
    const TsrExpr* neither = logic(t, TSR_AND, nullTest(t, false, left), nullTest(t, false, right));
    const TsrExpr* both = logic(t, TSR_AND, nullTest(t, true, left), nullTest(t, true, right));

    set_opfuncid((OpExpr*)node);
    same = tessera_call(t, node->opfuncid, node->opno, BOOLOID, node->inputcollid, node->args);
    return logic(t, TSR_NOT, logic(t, TSR_OR, logic(t, TSR_AND, same, neither), both), NULL);
}

/* The elements of a list as expressions; false when it is known only at execution. */
static bool listElements(Expr* list, List** elements) {
    Const* constant = (Const*)list;
    Oid element;
    int16 length;
    bool by_value;
    char alignment;
    Datum* values;
    bool* nulls;
    int count;

    *elements = NIL;
    if (IsA(list, ArrayExpr) && !((ArrayExpr*)list)->multidims) {
        *elements = ((ArrayExpr*)list)->elements;
        return true;
    }
    if (!IsA(list, Const) || constant->constisnull) {
        return false;
    }
    element = get_element_type(constant->consttype);
    get_typlenbyvalalign(element, &length, &by_value, &alignment);
    deconstruct_array(DatumGetArrayTypeP(constant->constvalue), element, length, by_value, alignment, &values, &nulls,
                      &count);
    for (int i = 0; i < count; ++i) {
        *elements =
            lappend(*elements, makeConst(element, -1, constant->constcollid, length, values[i], nulls[i], by_value));
    }
    return true;
}

/* x IN (list), as one construct. */
static const TsrExpr* inList(Translation* t, ScalarArrayOpExpr* node, Oid equality, List* elements) {
    size_t count;
    const TsrExpr** args = tessera_arguments(t, lcons(linitial(node->args), list_copy(elements)), &count);
    const TsrExpr* made;

    if (args == NULL) {
        return NULL;
    }
    made = tsr_expr_in(t->statement, tessera_signature(get_opcode(equality)), tessera_collation(node->inputcollid),
                       args, count);
    return node->useOr ? made : logic(t, TSR_NOT, made, NULL);
}

/* x LIKE ANY (list): a comparison with each. */
static const TsrExpr* alternatives(Translation* t, ScalarArrayOpExpr* node, List* elements) {
    const TsrExpr** args = palloc(sizeof(TsrExpr*) * list_length(elements));
    size_t count = 0;
    ListCell* cell;

    if (list_length(elements) > MOST_ALTERNATIVES) {
        return tsr_refuse(t->statement, "the list is too long");
    }
    foreach (cell, elements) {
        args[count] = tessera_call(t, get_opcode(node->opno), node->opno, BOOLOID, node->inputcollid,
                                   list_make2(linitial(node->args), lfirst(cell)));
        if (args[count++] == NULL) {
            return NULL;
        }
    }
    return count == 1 ? args[0] : tsr_expr_logic(t->statement, node->useOr ? TSR_OR : TSR_AND, args, count);
}

/* An array that is known only at execution, or a column. */
static const TsrExpr* anyOfArray(Translation* t, ScalarArrayOpExpr* node) {
    Oid element = get_element_type(exprType(lsecond(node->args)));
    size_t count;
    const TsrExpr** args = tessera_arguments(t, node->args, &count);

    if (args == NULL || !OidIsValid(element)) {
        return args == NULL ? NULL : tsr_refuse(t->statement, "it looks for a value in what is no array");
    }
    return tsr_expr_any(t->statement, tessera_signature(get_opcode(node->opno)), get_opname(node->opno), !node->useOr,
                        tessera_type_name(element), tessera_collation(node->inputcollid), args[0], args[1]);
}

static const TsrExpr* arrayOp(Translation* t, ScalarArrayOpExpr* node) {
    Oid equality = node->useOr ? node->opno : get_negator(node->opno);
    const char* opname = OidIsValid(equality) ? get_opname(equality) : NULL;
    List* elements;

    if (node->opno >= FirstGenbkiObjectId) {
        return tsr_refuse(t->statement, "the operator is not one of PostgreSQL itself");
    }
    if (!listElements(lsecond(node->args), &elements)) {
        return anyOfArray(t, node);
    }
    if (elements == NIL) {
        return tsr_refuse(t->statement, "the list is empty");
    }
    if (opname != NULL && strcmp(opname, "=") == 0) {
        return inList(t, node, equality, elements);
    }
    return alternatives(t, node, elements);
}

/* The operator of a btree family, called with two expressions. */
static const TsrExpr* compare(Translation* t, Oid family, int strategy, Oid collation, Expr* left, Expr* right) {
    Oid operator= get_opfamily_member(family, exprType((Node*)left), exprType((Node*)right), (int16)strategy);

    if (!OidIsValid(operator)) {
        return tsr_refuse(t->statement, "it compares values of different types");
    }
    return tessera_call(t, get_opcode(operator), operator, BOOLOID, collation, list_make2(left, right));
}

/* (a, b) < (c, d): a <= c AND (a < c OR (a = c AND b < d)). The first condition says nothing new; the source may have
 * an index for it. */
static const TsrExpr* rowCompareFrom(Translation* t, RowCompareExpr* node, int i) {
    bool is_less = node->rctype == ROWCOMPARE_LT || node->rctype == ROWCOMPARE_LE;
    Oid family = list_nth_oid(node->opfamilies, i);
    Oid collation = list_nth_oid(node->inputcollids, i);
    Expr* left = list_nth(node->largs, i);
    Expr* right = list_nth(node->rargs, i);
    const TsrExpr* rest;
    const TsrExpr* decided;

    if (i + 1 == list_length(node->opnos)) {
        return compare(t, family, (int)node->rctype, collation, left, right);
    }
    decided = compare(t, family, is_less ? BTLessStrategyNumber : BTGreaterStrategyNumber, collation, left, right);
    rest = logic(t, TSR_AND, compare(t, family, BTEqualStrategyNumber, collation, left, right),
                 rowCompareFrom(t, node, i + 1));
    return logic(
        t, TSR_AND,
        compare(t, family, is_less ? BTLessEqualStrategyNumber : BTGreaterEqualStrategyNumber, collation, left, right),
        logic(t, TSR_OR, decided, rest));
}

static const TsrExpr* rowCompare(Translation* t, RowCompareExpr* node) {
    if (node->rctype != ROWCOMPARE_LT && node->rctype != ROWCOMPARE_LE && node->rctype != ROWCOMPARE_GT &&
        node->rctype != ROWCOMPARE_GE) {
        return tsr_refuse(t->statement, "it compares rows in an unusual way");
    }
    return rowCompareFrom(t, node, 0);
}

static const TsrExpr* cast(Translation* t, Oid type, Expr* arg, bool same_bytes) {
    const TsrExpr* made = tessera_translate_node(t, arg);

    return made == NULL ? NULL : tsr_expr_cast(t->statement, tessera_type_name(type), made, same_bytes);
}

/* CASE WHEN condition THEN value ELSE otherwise END. */
static const TsrExpr* choose(Translation* t, Oid type, const TsrExpr* condition, const TsrExpr* value,
                             const TsrExpr* otherwise) {
    const TsrExpr* args[] = {condition, value, otherwise};

    return condition == NULL || value == NULL || otherwise == NULL
               ? NULL
               : tsr_expr_case(t->statement, tessera_type_name(type), args, 3);
}

/* NULLIF(a, b): CASE WHEN a = b THEN NULL ELSE a END. */
static const TsrExpr* nullIf(Translation* t, NullIfExpr* node) {
    Oid type = exprType((Node*)node);

    set_opfuncid((OpExpr*)node);
    return choose(t, type, tessera_call(t, node->opfuncid, node->opno, BOOLOID, node->inputcollid, node->args),
                  tsr_expr_const(t->statement, tessera_type_name(type), NULL),
                  tessera_translate_node(t, linitial(node->args)));
}

/* GREATEST(a, b): CASE WHEN a IS NULL OR b > a THEN b ELSE a END; of equal ones the first. */
static const TsrExpr* minMax(Translation* t, MinMaxExpr* node) {
    TypeCacheEntry* type = lookup_type_cache(node->minmaxtype, TYPECACHE_BTREE_OPFAMILY);
    int strategy = node->op == IS_GREATEST ? BTGreaterStrategyNumber : BTLessStrategyNumber;
    const TsrExpr* best = tessera_translate_node(t, linitial(node->args));
    Oid operator= get_opfamily_member(type->btree_opf, node->minmaxtype, node->minmaxtype, (int16)strategy);
    const char* function = OidIsValid(operator) ? tessera_signature(get_opcode(operator)) : NULL;

    if (function == NULL || list_length(node->args) > MOST_COMPARED) {
        return tsr_refuse(t->statement, "it compares too many values");
    }
    for (int i = 1; i < list_length(node->args); ++i) {
        const TsrExpr* next = tessera_translate_node(t, list_nth(node->args, i));
        const TsrExpr* pair[] = {next, best};
        const TsrExpr* better;

        if (best == NULL || next == NULL) {
            return NULL;
        }
        better = tsr_expr_call(t->statement, function, get_opname(operator), true, "bool",
                               tessera_collation(node->inputcollid), pair, 2);
        best = choose(t, node->minmaxtype, logic(t, TSR_OR, tsr_expr_null_test(t->statement, true, best), better), next,
                      best);
    }
    return best;
}

/* Is the text that concat() makes of it the one of a cast? It says 't' for true. */
static bool isConcatenable(Oid type) {
    return type == TEXTOID || type == VARCHAROID || type == INT2OID || type == INT4OID || type == INT8OID ||
           type == UUIDOID;
}

/* concat(a, b): coalesce(a::text, '') || coalesce(b::text, ''). */
const TsrExpr* tessera_concat(Translation* t, FuncExpr* node) {
    const TsrExpr* joined = NULL;
    ListCell* cell;

    foreach (cell, node->args) {
        Expr* arg = lfirst(cell);
        Oid type = exprType((Node*)arg);
        const TsrExpr* pair[] = {cast(t, TEXTOID, arg, type == TEXTOID || type == VARCHAROID),
                                 tsr_expr_const(t->statement, "text", "")};
        const TsrExpr* both[] = {joined, NULL};

        if (!isConcatenable(type)) {
            return tsr_refuse(t->statement, "concat() of a value whose text depends on the session");
        }
        both[1] = pair[0] == NULL || pair[1] == NULL ? NULL : tsr_expr_coalesce(t->statement, "text", pair, 2);
        if (both[1] == NULL) {
            return NULL;
        }
        joined = joined == NULL ? both[1]
                                : tsr_expr_call(t->statement, "textcat(text,text)", "||", true, "text",
                                                tessera_collation(node->inputcollid), both, 2);
    }
    return joined;
}

static const TsrExpr* array(Translation* t, ArrayExpr* node) {
    size_t count;
    const TsrExpr** args = tessera_arguments(t, node->elements, &count);

    return args == NULL ? NULL : tsr_expr_array(t->statement, tessera_type_name(node->array_typeid), args, count);
}

static const TsrExpr* subscript(Translation* t, SubscriptingRef* node) {
    size_t count;
    const TsrExpr** args;

    if (node->reflowerindexpr != NIL || node->refassgnexpr != NULL ||
        !OidIsValid(get_element_type(node->refcontainertype))) {
        return tsr_refuse(t->statement, "it takes a slice, or a part of what is no array");
    }
    args = tessera_arguments(t, lcons(node->refexpr, list_copy(node->refupperindexpr)), &count);
    return args == NULL ? NULL : tsr_expr_subscript(t->statement, tessera_type_name(node->refrestype), args, count);
}

/* CASE x WHEN v THEN … stands in the tree as conditions on a placeholder for x, which t->case_arg replaces. */
static const TsrExpr* caseExpr(Translation* t, CaseExpr* node) {
    const TsrExpr** args = palloc(sizeof(TsrExpr*) * (2 * list_length(node->args) + 1));
    Expr* outer_arg = t->case_arg;
    size_t count = 0;
    ListCell* cell;

    t->case_arg = node->arg;
    foreach (cell, node->args) {
        CaseWhen* when = lfirst_node(CaseWhen, cell);

        args[count] = tessera_translate_node(t, when->expr);
        args[count + 1] = args[count] == NULL ? NULL : tessera_translate_node(t, when->result);
        if (args[count + 1] == NULL) {
            t->case_arg = outer_arg;
            return NULL;
        }
        count += 2;
    }
    t->case_arg = outer_arg;
    args[count] = node->defresult != NULL ? tessera_translate_node(t, node->defresult)
                                          : tsr_expr_const(t->statement, tessera_type_name(node->casetype), NULL);
    return args[count] == NULL ? NULL : tsr_expr_case(t->statement, tessera_type_name(node->casetype), args, count + 1);
}

static const TsrExpr* coalesce(Translation* t, CoalesceExpr* node) {
    size_t count;
    const TsrExpr** args = tessera_arguments(t, node->args, &count);

    return args == NULL ? NULL : tsr_expr_coalesce(t->statement, tessera_type_name(node->coalescetype), args, count);
}

const TsrExpr* tessera_translate_form(Translation* t, Expr* expr) {
    switch (nodeTag(expr)) {
        case T_DistinctExpr:
            return distinctExpr(t, (DistinctExpr*)expr);
        case T_NullIfExpr:
            return nullIf(t, (NullIfExpr*)expr);
        case T_ScalarArrayOpExpr:
            return arrayOp(t, (ScalarArrayOpExpr*)expr);
        case T_RowCompareExpr:
            return rowCompare(t, (RowCompareExpr*)expr);
        case T_RelabelType:
            return cast(t, ((RelabelType*)expr)->resulttype, ((RelabelType*)expr)->arg, true);
        case T_CoerceViaIO:
            return cast(t, ((CoerceViaIO*)expr)->resulttype, ((CoerceViaIO*)expr)->arg, false);
        case T_BoolExpr:
            return boolExpr(t, (BoolExpr*)expr);
        case T_NullTest:
            if (((NullTest*)expr)->argisrow) {
                return tsr_refuse(t->statement, "it tests a row");
            }
            return nullTest(t, ((NullTest*)expr)->nulltesttype == IS_NULL, ((NullTest*)expr)->arg);
        case T_BooleanTest:
            return booleanTest(t, (BooleanTest*)expr);
        case T_CaseExpr:
            return caseExpr(t, (CaseExpr*)expr);
        case T_CaseTestExpr:
            return t->case_arg != NULL ? tessera_translate_node(t, t->case_arg)
                                       : tsr_refuse(t->statement, "it is an expression of a kind that is not sent");
        case T_CoalesceExpr:
            return coalesce(t, (CoalesceExpr*)expr);
        case T_MinMaxExpr:
            return minMax(t, (MinMaxExpr*)expr);
        case T_ArrayExpr:
            return array(t, (ArrayExpr*)expr);
        case T_SubscriptingRef:
            return subscript(t, (SubscriptingRef*)expr);
        default:
            return tsr_refuse(t->statement, "it is an expression of a kind that is not sent");
    }
}

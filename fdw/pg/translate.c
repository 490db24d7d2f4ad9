/* PostgreSQL's expressions to the IR. The dialect decides what the source can say; this file only names things:
 * functions by their signatures, types by their names, collations by what they promise. */
#include "fdw/pg/translate.h"

#include "fdw/pg/key_number.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/tlist.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/pg_locale.h"
#include "utils/syscache.h"

const char* tessera_type_name(Oid type) {
    HeapTuple tuple;
    char* name;

    if (type >= FirstGenbkiObjectId) {
        return "?";
    }
    tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
    if (!HeapTupleIsValid(tuple)) {
        return "?";
    }
    name = pstrdup(NameStr(((Form_pg_type)GETSTRUCT(tuple))->typname));
    ReleaseSysCache(tuple);
    return name;
}

/* A function as the IR names it. */
typedef struct FunctionName {
    char* signature;  /* "int4eq(int4,int4)" */
    char* name;       /* "int4eq" */
    bool is_portable; /* immutable, and returns no set */
    bool is_nodes;    /* no source knows it but a node */
} FunctionName;

/* key_number.c: what nodes know besides PostgreSQL's own. */
static bool isKeyNumber(const Form_pg_proc proc) {
    return strcmp(NameStr(proc->proname), KEY_NUMBER) == 0 &&
           proc->pronamespace == get_namespace_oid(KEY_NUMBER_SCHEMA, true);
}

/* False for a function that is neither PostgreSQL's own nor each node's. */
static bool nameFunction(Oid function, FunctionName* result) {
    HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
    Form_pg_proc proc;
    StringInfoData text;

    if (!HeapTupleIsValid(tuple)) {
        return false;
    }
    proc = (Form_pg_proc)GETSTRUCT(tuple);
    result->is_nodes = function >= FirstGenbkiObjectId;
    if (result->is_nodes && !isKeyNumber(proc)) {
        ReleaseSysCache(tuple);
        return false;
    }
    initStringInfo(&text);
    appendStringInfo(&text, "%s%s(", result->is_nodes ? KEY_NUMBER_SCHEMA "." : "", NameStr(proc->proname));
    for (int i = 0; i < proc->pronargs; ++i) {
        appendStringInfo(&text, "%s%s", i > 0 ? "," : "", tessera_type_name(proc->proargtypes.values[i]));
    }
    appendStringInfoChar(&text, ')');
    result->signature = text.data;
    result->name = pstrdup(NameStr(proc->proname));
    result->is_portable = proc->provolatile == PROVOLATILE_IMMUTABLE && !proc->proretset &&
                          proc->prokind == PROKIND_FUNCTION && !OidIsValid(proc->provariadic);
    ReleaseSysCache(tuple);
    return true;
}

const char* tessera_signature(Oid function) {
    FunctionName name;

    return nameFunction(function, &name) ? name.signature : NULL;
}

TsrCollation tessera_collation(Oid collation) {
    if (!OidIsValid(collation)) {
        return TSR_COLLATION_NONE;
    }
    if (lc_collate_is_c(collation)) {
        return TSR_COLLATION_BYTEWISE;
    }
    return get_collation_isdeterministic(collation) ? TSR_COLLATION_DETERMINISTIC : TSR_COLLATION_NONDETERMINISTIC;
}

const TsrExpr* tessera_constant(Translation* t, Oid type, Datum value, bool is_null) {
    return tsr_expr_const(t->statement, tessera_type_name(type), is_null ? NULL : tessera_plain_text(type, value));
}

static const TsrExpr* param(Translation* t, Expr* expr) {
    ListCell* cell;
    const TsrExpr* made;
    int number = 1;

    while (t->outer != NULL) {
        t = t->outer;
    }
    foreach (cell, t->params) {
        if (equal(lfirst(cell), expr)) {
            break;
        }
        ++number;
    }
    made = tsr_expr_param(t->statement, number, tessera_type_name(exprType((Node*)expr)));
    if (made != NULL && number > list_length(t->params)) {
        t->params = lappend(t->params, copyObject(expr));
    }
    return made;
}

/* The base relation as it stands in the statement: in the join of a shard a stand-in may (shard_join.c). */
static const RelInfo* tableInfo(const Translation* t, int relid) {
    const RelOptInfo* rel = tessera_scanned(t->rel);

    while (IS_JOIN_REL(rel) && RELINFO(rel) != NULL && RELINFO(rel)->outerrel != NULL) {
        const RelInfo* info = RELINFO(rel);

        rel = bms_is_member(relid, info->outerrel->relids) ? info->outerrel : info->innerrel;
    }
    return IS_SIMPLE_REL(rel) && rel->relid == (Index)relid ? RELINFO(rel) : RELINFO(find_base_rel(t->root, relid));
}

static const TsrExpr* column(Translation* t, Var* var) {
    RangeTblEntry* rte;
    const char* name;

    if (var->varlevelsup != 0 || !bms_is_member(var->varno, t->rel->relids)) {
        return param(t, (Expr*)var);
    }
    if (tessera_is_shipped(t->rel, var)) {
        return tessera_shipped_column(t->statement, t->rel, var);
    }
    if (var->varno == 0) {
        return tessera_derived_column(t, RELINFO(t->rel), var); /* a set operation's */
    }
    rte = planner_rt_fetch(var->varno, t->root);
    if (var->varattno <= 0) {
        return tsr_refuse(t->statement, "it needs a whole row or a system column");
    }
    if (rte->rtekind != RTE_RELATION) {
        return tessera_derived_column(t, RELINFO(find_base_rel(t->root, var->varno)), var);
    }
    name = tessera_column_name(tableInfo(t, var->varno)->table, var->varattno);
    if (var->vartype == NUMERICOID && var->vartypmod >= (int32)VARHDRSZ) {
        /* As numerictypmodin() packs it. */
        int precision = (int)(((var->vartypmod - VARHDRSZ) >> 16) & 0xFFFF);
        int scale = (int)((((var->vartypmod - VARHDRSZ) & 0x7FF) ^ 1024) - 1024);

        if (scale >= 0 && scale <= precision) {
            return tsr_expr_decimal_column(t->statement, t->first_table + var->varno, name, precision, scale);
        }
    }
    return tsr_expr_column(t->statement, t->first_table + var->varno, name, tessera_type_name(var->vartype));
}

const TsrExpr** tessera_arguments(Translation* t, List* list, size_t* count) {
    const TsrExpr** args = palloc(sizeof(TsrExpr*) * (list_length(list) + 1));
    ListCell* cell;

    *count = 0;
    foreach (cell, list) {
        args[*count] = tessera_translate_node(t, lfirst(cell));
        if (args[*count] == NULL) {
            return NULL;
        }
        ++*count;
    }
    return args;
}

static bool isOfNode(const RelOptInfo* rel) {
    return rel->fdw_private != NULL && strcmp(RELINFO(rel)->source->connector->name, "node") == 0;
}

/* `operator_oid`: the operator that the function was called by, or InvalidOid. */
const TsrExpr* tessera_call(Translation* t, Oid function, Oid operator_oid, Oid result, Oid collation, List* list) {
    FunctionName name;
    const char* builtin = NULL;
    size_t count;
    const TsrExpr** args;

    if (!nameFunction(function, &name) || operator_oid >= FirstGenbkiObjectId || (name.is_nodes && !isOfNode(t->rel))) {
        return tsr_refuse(t->statement,
                          psprintf("%s() is not a function of PostgreSQL itself", get_func_name(function)));
    }
    args = tessera_arguments(t, list, &count);
    if (args == NULL) {
        return NULL;
    }
    if (name.is_portable) {
        builtin = OidIsValid(operator_oid) ? get_opname(operator_oid) : name.name;
    }
    return tsr_expr_call(t->statement, name.signature, builtin, OidIsValid(operator_oid), tessera_type_name(result),
                         tessera_collation(collation), args, count);
}

static bool containsSubPlan(Node* node, void* context) {
    return node != NULL && (IsA(node, SubPlan) || IsA(node, AlternativeSubPlan) || IsA(node, PlaceHolderVar) ||
                            IsA(node, Aggref) || IsA(node, WindowFunc) || IsA(node, GroupingFunc) ||
                            IsA(node, CaseTestExpr) || expression_tree_walker(node, containsSubPlan, context));
}

/* Needs nothing of the source and is the same for the whole statement, like CURRENT_DATE - 7: computed here and sent
 * along. */
static bool isLocalValue(Expr* expr) {
    return !IsA(expr, Const) && !IsA(expr, Var) && !IsA(expr, Param) && !contain_var_clause((Node*)expr) &&
           !contain_volatile_functions((Node*)expr) && !containsSubPlan((Node*)expr, NULL);
}

/* A parameter, or, in a correlated subquery, what it stands for around it. */
static const TsrExpr* translateParam(Translation* t, Param* node) {
    bool is_correlated;
    const TsrExpr* around = tessera_translate_correlation(t, node, &is_correlated);

    return is_correlated ? around : param(t, (Expr*)node);
}

const TsrExpr* tessera_translate_node(Translation* t, Expr* expr) {
    if (isLocalValue(expr) && !tessera_is_correlated(t, expr)) {
        return param(t, expr);
    }
    switch (nodeTag(expr)) {
        case T_Var:
            return column(t, (Var*)expr);
        case T_Const:
            return tessera_constant(t, ((Const*)expr)->consttype, ((Const*)expr)->constvalue,
                                    ((Const*)expr)->constisnull);
        case T_Param:
            return translateParam(t, (Param*)expr);
        case T_SubPlan:
            return tessera_translate_subplan(t, (SubPlan*)expr);
        case T_AlternativeSubPlan:
            return tessera_translate_node(t, linitial(((AlternativeSubPlan*)expr)->subplans));
        case T_FuncExpr: {
            FuncExpr* node = (FuncExpr*)expr;

            if (node->funcid == F_CONCAT && !node->funcvariadic) {
                return tessera_concat(t, node);
            }
            return tessera_call(t, node->funcid, InvalidOid, node->funcresulttype, node->inputcollid, node->args);
        }
        case T_OpExpr: {
            OpExpr* node = (OpExpr*)expr;

            set_opfuncid(node);
            return tessera_call(t, node->opfuncid, node->opno, node->opresulttype, node->inputcollid, node->args);
        }
        case T_CollateExpr:
            return tessera_translate_node(t, ((CollateExpr*)expr)->arg);
        case T_Aggref:
            return tessera_translate_aggregate(t, (Aggref*)expr);
        case T_WindowFunc:
            return tessera_translate_window(t, (WindowFunc*)expr);
        case T_GroupingFunc:
            return tessera_translate_grouping(t, (GroupingFunc*)expr);
        default:
            return tessera_translate_form(t, expr);
    }
}

const TsrExpr* tessera_translate(Translation* translation, Expr* expr) {
    if (tessera_pushdown == PUSHDOWN_OFF && !IsA(expr, Var)) {
        return tsr_refuse(translation->statement, "tessera.pushdown is off");
    }
    return tessera_translate_node(translation, expr);
}

const TsrExpr* tessera_try(PlannerInfo* root, RelOptInfo* rel, Expr* expr) {
    /* An upper relation has no relids of its own: its expressions are about the relation below. */
    Translation translation = {.root = root, .rel = tessera_scanned(rel), .statement = RELINFO(rel)->scratch};

    return tessera_translate(&translation, expr);
}

bool tessera_is_exact(PlannerInfo* root, RelOptInfo* rel, Expr* expr) {
    const TsrExpr* made = tessera_try(root, rel, expr);

    return made != NULL && tsr_expr_exact(made);
}

static Expr* withoutRelabel(Expr* expr) {
    while (IsA(expr, RelabelType)) {
        expr = ((RelabelType*)expr)->arg;
    }
    return expr;
}

/* Is it one of an upper relation's outputs? A sort key of type varchar is relabelled as text, the output is not. */
static bool isAmong(Expr* expr, List* target) {
    ListCell* cell;

    foreach (cell, target) {
        if (equal(withoutRelabel(lfirst(cell)), withoutRelabel(expr))) {
            return true;
        }
    }
    return false;
}

/* Can the relation's rows be sorted by it? A join's only by columns that are asked of it: others may be those of a
 * side that is written as a subquery, which returns no more than what is asked. And where conditions here leave some of
 * the rows, not by what could fail for the others. */
static bool isSortable(const RelOptInfo* rel, const EquivalenceMember* member) {
    const int kParts = PVC_INCLUDE_AGGREGATES | PVC_INCLUDE_WINDOWFUNCS | PVC_RECURSE_PLACEHOLDERS;
    List* asked;
    bool all_asked;

    // A value that an arm of UNION ALL gives to all of its rows: where the statement has it as a parameter, some
    // sources read its number as a column's place.
    if (!contain_var_clause((Node*)member->em_expr)) {
        return false;
    }
    if (bms_is_empty(member->em_relids) || !bms_is_subset(member->em_relids, rel->relids) ||
        bms_overlap(member->em_relids, RELINFO(rel)->hidden) ||
        (RELINFO(rel)->local_conds != NIL && !IsA(withoutRelabel(member->em_expr), Var))) {
        return false;
    }
    if (!IS_JOIN_REL(rel)) {
        return true;
    }
    // An aggregate or window function is computed above the join, so it is nothing that is asked of it.
    asked = pull_var_clause((Node*)rel->reltarget->exprs, kParts);
    all_asked = list_difference(pull_var_clause((Node*)member->em_expr, kParts), asked) == NIL;
    list_free(asked);
    return all_asked;
}

Expr* tessera_sort_expr(PlannerInfo* root, RelOptInfo* rel, PathKey* pathkey, List* target) {
    EquivalenceClass* class = pathkey->pk_eclass;
    ListCell* cell;

    if (class->ec_has_volatile) {
        return NULL;
    }
    foreach (cell, class->ec_members) {
        EquivalenceMember* member = lfirst(cell);
        const TsrExpr* made;

        bool is_ours = target != NIL ? isAmong(member->em_expr, target) : isSortable(rel, member);

        if (member->em_is_const || !is_ours ||
            /* The dialects know no other order. */
            !tessera_is_default_order(pathkey->pk_opfamily, exprType((Node*)member->em_expr))) {
            continue;
        }
        made = tessera_try(root, rel, member->em_expr);
        if (made != NULL && tsr_can_sort_by(RELINFO(rel)->scratch, made, tessera_collation(class->ec_collation))) {
            return member->em_expr;
        }
    }
    return NULL;
}

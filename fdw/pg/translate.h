/* Between the files of the translation: translate.c has names, columns, constants and calls; translate_node.c has the
 * nodes that are made of these. */
#ifndef TESSERA_FDW_PG_TRANSLATE_H
#define TESSERA_FDW_PG_TRANSLATE_H

#include "fdw/pg/tessera_fdw.h"

/* The expression, or NULL with tsr_refusal(statement); likewise all functions here. */
extern const TsrExpr* tessera_translate_node(Translation* t, Expr* expr);
/* Conditionals, tests, lists, arrays, casts. */
extern const TsrExpr* tessera_translate_form(Translation* t, Expr* expr);
/* concat(a, b, …). */
extern const TsrExpr* tessera_concat(Translation* t, FuncExpr* node);

extern const TsrExpr* tessera_constant(Translation* t, Oid type, Datum value, bool is_null);
/* `operator_oid`: the operator that the function was called by, or InvalidOid. */
extern const TsrExpr* tessera_call(Translation* t, Oid function, Oid operator_oid, Oid result, Oid collation,
                                   List* list);

#endif

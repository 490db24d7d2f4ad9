/* Row policies and column masks as they are stored (tessera.policy, tessera.mask), for govern.c. They are of names, not
 * of tables: a source that is brought in anew finds its tables governed again. */
#ifndef TESSERA_FDW_PG_POLICY_H
#define TESSERA_FDW_PG_POLICY_H

/* clang-format off: postgres.h comes first */
#include "postgres.h"
/* clang-format on */

#include "nodes/parsenodes.h"
#include "utils/relcache.h"

/* The user by whom policies judge: who signed in, whatever SET ROLE, a view's owner or a SECURITY DEFINER function say;
 * for a superuser, whom that has become. */
extern Oid tessera_judged_user(void);
/* Superusers, roles with BYPASSRLS, and PostgreSQL's own checks of foreign keys. */
extern bool tessera_is_exempt(void);

/* Does any policy or mask name the relation? Cached. */
extern bool tessera_is_governed(Oid relation);

typedef struct PolicySet {
    bool has_rows;  /* row policies exist, for whomever */
    List* policies; /* of Policy: those that concern the judged user */
    List* masks;    /* of Mask: likewise */
} PolicySet;

typedef struct Policy {
    CmdType command; /* CMD_UNKNOWN: all */
    bool is_permissive;
    char* condition; /* NULL: true */
    char* check;     /* NULL: as the condition */
} Policy;

typedef struct Mask {
    AttrNumber column;
    char* expression;
} Mask;

extern PolicySet* tessera_policies(Oid relation);

/* An expression of a policy or mask about the relation, which is Var 1; boolean, or of the type of `column`. Views in
 * its sub-selects are expanded. */
extern Node* tessera_policy_expression(Relation relation, const char* text, AttrNumber column);

/* This transaction changes what people may see: when it is committed, the node gives no answer that it kept before. */
extern void tessera_policies_change(void);
/* Does the command change what people may see? */
extern bool tessera_is_about_rights(const Node* command);

#endif

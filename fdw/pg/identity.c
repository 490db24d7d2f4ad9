/* Who a session acts for: a sealed setting that only the node's signature changes, and what SQL reads of it.
 *
 * It is a setting because a setting is what PostgreSQL hands to parallel workers, rolls back with its transaction, and
 * keeps through DISCARD ALL. Its check hook refuses every value that does not come from tessera.attach(), whoever asks
 * and by whichever way. The node proves itself with an Ed25519 signature over a challenge that this backend made; the
 * server knows the public key alone, so nothing in it can be stolen to forge an identity. */
#include "fdw/pg/session_role.h"
#include "fdw/pg/tessera_fdw.h"

#include "access/parallel.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <signal.h>

#define KEY_BYTES 32
#define NONCE_BYTES 16
#define MOST_CHALLENGE_MS 30000
#define MOST_CONTEXT_BYTES (64 * 1024)
#define EXPIRED "the identity of this session has expired"

/* The setting: the context as JSON, a line break, and the ticket by which the node knows it again; or empty. */
static char* identity = NULL;
static char* identity_key = NULL; /* the node's public key in hexadecimal digits */
static char* delegation_socket = NULL;
static char* store_socket = NULL;

/* Raised while tessera.attach() and detach() set the setting; nobody else's code runs meanwhile. */
static bool is_unsealed = false;

/* When it ends. */
static bool has_timeout = false;
static TimeoutId end_timeout;
static volatile sig_atomic_t has_ended = false;
static emit_log_hook_type next_log = NULL;

/* What the next attach or detach must sign; empty when there is none. Good for one attempt. */
static char challenge[96];
static TimestampTz challenged_at;
static int challenge_ms = MOST_CHALLENGE_MS;

PG_FUNCTION_INFO_V1(tessera_challenge);
PG_FUNCTION_INFO_V1(tessera_attach);
PG_FUNCTION_INFO_V1(tessera_detach);
PG_FUNCTION_INFO_V1(tessera_identity);
PG_FUNCTION_INFO_V1(tessera_require);

static bool readKey(const char* text, unsigned char* key) {
    if (strlen(text) != 2 * KEY_BYTES || strspn(text, "0123456789abcdef") != 2 * KEY_BYTES) {
        return false;
    }
    return hex_decode(text, 2 * KEY_BYTES, (char*)key) == KEY_BYTES;
}

static bool checkKey(char** value, void** extra pg_attribute_unused(), GucSource source pg_attribute_unused()) {
    unsigned char key[KEY_BYTES];

    if ((*value)[0] == '\0' || readKey(*value, key)) {
        return true;
    }
    GUC_check_errdetail("It is %d hexadecimal digits.", 2 * KEY_BYTES);
    return false;
}

/* PGC_S_DEFAULT is the empty value that the setting starts with; a worker takes over its leader's sealed value. */
static bool checkIdentity(char** value pg_attribute_unused(), void** extra pg_attribute_unused(), GucSource source) {
    if (source == PGC_S_DEFAULT || is_unsealed || InitializingParallelWorker) {
        return true;
    }
    GUC_check_errcode(ERRCODE_INSUFFICIENT_PRIVILEGE);
    GUC_check_errmsg("the identity of a session is set by its node alone");
    return false;
}

/* Sessions with sources were opened for who it was. Called before the setting changes, a rollback's change too. */
static void assignIdentity(const char* value, void* extra pg_attribute_unused()) {
    if (identity != NULL && strcmp(identity, value) != 0) {
        tsr_sessions_invalidate();
    }
}

void tessera_identity_init(void) {
    DefineCustomStringVariable(
        "tessera.identity", "Who the session acts for.", "Set by the node, read with tessera.claim() and its like.",
        &identity, "", PGC_SUSET,
        GUC_NO_SHOW_ALL | GUC_NO_RESET_ALL | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE | GUC_SUPERUSER_ONLY,
        checkIdentity, assignIdentity, NULL);
    DefineCustomIntVariable("tessera.challenge_life", "How long a challenge waits for the node's signature.",
                            "It can only be made shorter.", &challenge_ms, MOST_CHALLENGE_MS, 0, MOST_CHALLENGE_MS,
                            PGC_SUSET, GUC_UNIT_MS | GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
    if (process_shared_preload_libraries_in_progress) {
        DefineCustomStringVariable("tessera.identity_key", "The public key of the node that may set identities.", NULL,
                                   &identity_key, "", PGC_POSTMASTER, GUC_NOT_IN_SAMPLE, checkKey, NULL, NULL);
        DefineCustomStringVariable("tessera.delegation_socket", "Where the node gives tokens for its peers.", NULL,
                                   &delegation_socket, "", PGC_POSTMASTER, GUC_NOT_IN_SAMPLE | GUC_SUPERUSER_ONLY, NULL,
                                   NULL, NULL);
        DefineCustomStringVariable("tessera.store_socket", "Where the node answers for its replicated store.", NULL,
                                   &store_socket, "", PGC_POSTMASTER, GUC_NOT_IN_SAMPLE | GUC_SUPERUSER_ONLY, NULL,
                                   NULL, NULL);
    }
}

Datum tessera_challenge(PG_FUNCTION_ARGS) {
    unsigned char nonce[NONCE_BYTES];
    char digits[2 * NONCE_BYTES + 1] = {0};

    (void)fcinfo;
    if (!pg_strong_random(nonce, sizeof nonce)) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("the system gives no random numbers")));
    }
    hex_encode((const char*)nonce, sizeof nonce, digits);
    challenged_at = GetCurrentTimestamp();
    snprintf(challenge, sizeof challenge, "%d.%lld.%s", MyProcPid, (long long)MyStartTimestamp, digits);
    PG_RETURN_TEXT_P(cstring_to_text(challenge));
}

static bool isSigned(const unsigned char* key, const char* message, size_t length, bytea* signature) {
    EVP_PKEY* pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, KEY_BYTES);
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    bool is_good = pkey != NULL && context != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
                   EVP_DigestVerify(context, (const unsigned char*)VARDATA_ANY(signature), VARSIZE_ANY_EXHDR(signature),
                                    (const unsigned char*)message, length) == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    /* The server's own TLS reads the same queue. */
    ERR_clear_error();
    return is_good;
}

void tessera_check_signature(const char* verb, const char* context, bytea* signature) {
    unsigned char key[KEY_BYTES];
    char* message = psprintf("tessera %s %s\n%s", verb, challenge, context);
    bool is_fresh =
        challenge[0] != '\0' && !TimestampDifferenceExceeds(challenged_at, GetCurrentTimestamp(), challenge_ms);

    challenge[0] = '\0';
    if (identity_key == NULL || !readKey(identity_key, key)) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("this server knows no node that sets identities"),
                        errhint("tessera_fdw must be in shared_preload_libraries, and tessera.identity_key be set.")));
    }
    if (!is_fresh || !isSigned(key, message, strlen(message), signature)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
                        errmsg("the identity is not signed by this session's node")));
    }
}

/* Without the ticket. */
static Datum contextOf(const char* sealed) {
    return DirectFunctionCall1(jsonb_in, CStringGetDatum(pnstrdup(sealed, strcspn(sealed, "\n"))));
}

bool tessera_has_identity(void) {
    return identity != NULL && identity[0] != '\0';
}

bool tessera_is_asked_by_node(void) {
    static const char member[] = "actors";
    Jsonb* context = tessera_has_identity() ? DatumGetJsonbP(contextOf(identity)) : NULL;
    JsonbValue* actors = context != NULL && JB_ROOT_IS_OBJECT(context)
                             ? getKeyJsonValueFromContainer(&context->root, member, sizeof member - 1, NULL)
                             : NULL;

    return actors != NULL && actors->type == jbvBinary && JsonContainerIsArray(actors->val.binary.data) &&
           JsonContainerSize(actors->val.binary.data) > 0;
}

const char* tessera_identity_context(size_t* length) {
    *length = identity != NULL ? strcspn(identity, "\n") : 0;
    return identity != NULL ? identity : "";
}

TsrStatus tessera_delegate(const TsrHost* host, const char* audience, char* token, size_t size, TsrError* error) {
    return tsr_delegation_request(host, delegation_socket, identity, audience, token, size, error);
}

const char* tessera_store_socket(const TsrHost* host pg_attribute_unused()) {
    return store_socket != NULL ? store_socket : "";
}

/* Looked up where catalogs may be read, for connectors, which may not. */
static Oid session_role_oid = InvalidOid;
static char session_role[NAMEDATALEN];

void tessera_note_session_role(void) {
    Oid now = GetSessionUserId();

    if (now != session_role_oid) {
        strlcpy(session_role, GetUserNameFromId(now, false), NAMEDATALEN);
        session_role_oid = now;
    }
}

const char* tessera_session_role(const TsrHost* host pg_attribute_unused()) {
    return session_role;
}

static bool hasEnd(Jsonb* context, pg_time_t* at) {
    static const char member[] = "expires";
    JsonbValue* expires = getKeyJsonValueFromContainer(&context->root, member, sizeof member - 1, NULL);

    if (expires == NULL) {
        return false;
    }
    if (expires->type != jbvNumeric) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION), errmsg("the identity has no valid end")));
    }
    *at = (pg_time_t)DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(expires->val.numeric)));
    return true;
}

static void checkExpiry(Jsonb* context) {
    pg_time_t at;

    if (hasEnd(context, &at) && timestamptz_to_time_t(GetCurrentTimestamp()) >= at) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION), errmsg(EXPIRED), errhint("Sign in again.")));
    }
}

/* ---- The session ends with the identity, and so does the statement that runs ---- */

/* In a signal handler. */
static void endSession(void) {
    has_ended = true;
    kill(MyProcPid, SIGTERM);
}

/* PostgreSQL's word for it would be an administrator's command. */
static void sayWhy(ErrorData* error) {
    if (has_ended && error->elevel == FATAL && error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN) {
        error->sqlerrcode = ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION;
        error->message = pstrdup(EXPIRED);
        error->hint = pstrdup("Sign in again.");
    }
    if (next_log != NULL) {
        next_log(error);
    }
}

/* Until then, if the context says when; a context that has no end lasts. */
static void limitSession(Datum context) {
    Jsonb* members = context != (Datum)0 ? DatumGetJsonbP(context) : NULL;
    pg_time_t at;

    if (!has_timeout) {
        end_timeout = RegisterTimeout(USER_TIMEOUT, endSession);
        next_log = emit_log_hook;
        emit_log_hook = sayWhy;
        has_timeout = true;
    }
    disable_timeout(end_timeout, false);
    if (members != NULL && JB_ROOT_IS_OBJECT(members) && hasEnd(members, &at)) {
        checkExpiry(members);
        enable_timeout_at(end_timeout, time_t_to_timestamptz(at));
    }
}

static void setIdentity(const char* value) {
    is_unsealed = true;
    PG_TRY();
    {
        (void)set_config_option("tessera.identity", value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SET, true, ERROR,
                                false);
    }
    PG_FINALLY();
    { is_unsealed = false; }
    PG_END_TRY();
}

Datum tessera_attach(PG_FUNCTION_ARGS) {
    char* context = text_to_cstring(PG_GETARG_TEXT_PP(0));

    if (strlen(context) > MOST_CONTEXT_BYTES) {
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("the identity has more than %d bytes", MOST_CONTEXT_BYTES)));
    }
    tessera_check_signature("attach", context, PG_GETARG_BYTEA_PP(1));
    /* A context that could not be read back would be an error in every statement. */
    limitSession(contextOf(context));
    setIdentity(context);
    PG_RETURN_VOID();
}

Datum tessera_detach(PG_FUNCTION_ARGS) {
    tessera_check_signature("detach", "", PG_GETARG_BYTEA_PP(0));
    limitSession((Datum)0);
    setIdentity("");
    PG_RETURN_VOID();
}

Datum tessera_identity(PG_FUNCTION_ARGS) {
    Jsonb* context;

    (void)fcinfo;
    if (!tessera_has_identity()) {
        PG_RETURN_NULL();
    }
    context = DatumGetJsonbP(contextOf(identity));
    if (!JB_ROOT_IS_OBJECT(context)) {
        PG_RETURN_NULL();
    }
    checkExpiry(context);
    PG_RETURN_JSONB_P(context);
}

Datum tessera_require(PG_FUNCTION_ARGS) {
    if (PG_ARGISNULL(0) || !PG_GETARG_BOOL(0)) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                        errmsg("%s", PG_ARGISNULL(1) ? "permission denied" : text_to_cstring(PG_GETARG_TEXT_PP(1)))));
    }
    PG_RETURN_BOOL(true);
}

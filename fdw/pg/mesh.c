/* What SQL asks the node about the shard map (nodeservice/mesh). The node judges by the role that signed in to the
 * session, whoever's function asks. */
#include "fdw/pg/session_role.h"
#include "fdw/pg/tessera_fdw.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#define MOST_ANSWER_BYTES (4 * 1024 * 1024)

static char* mesh_socket = NULL;

PG_FUNCTION_INFO_V1(tessera_mesh_request);

void tessera_mesh_init(void) {
    if (process_shared_preload_libraries_in_progress) {
        DefineCustomStringVariable("tessera.mesh_socket", "Where the node answers for the shard map.", NULL,
                                   &mesh_socket, "", PGC_POSTMASTER, GUC_NOT_IN_SAMPLE | GUC_SUPERUSER_ONLY, NULL, NULL,
                                   NULL);
    }
}

Datum tessera_mesh_request(PG_FUNCTION_ARGS) {
    const char* action = text_to_cstring(PG_GETARG_TEXT_PP(0));
    const char* body = text_to_cstring(PG_GETARG_TEXT_PP(1));
    char* answer = palloc(MOST_ANSWER_BYTES);
    TsrError error = {0};

    if (strchr(action, '\n') != NULL) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the mesh does not know such an action")));
    }
    tessera_note_session_role();
    if (tsr_mesh_request(&tessera_host, mesh_socket, tessera_session_role(&tessera_host), action, body, answer,
                         MOST_ANSWER_BYTES, &error) != TSR_OK) {
        tessera_raise(NULL, &error);
    }
    PG_RETURN_TEXT_P(cstring_to_text(answer));
}

/* What connectors learn of the node and of who signed in: members of TsrHost. */
#ifndef TESSERA_FDW_PG_SESSION_ROLE_H
#define TESSERA_FDW_PG_SESSION_ROLE_H

#include "fdw/core/fdw_core.h"

/* Looks the role up, where catalogs may be read: connectors are called where they may not. */
extern void tessera_note_session_role(void);
/* As it was when it was last looked up. */
extern const char* tessera_session_role(const TsrHost* host);
extern const char* tessera_store_socket(const TsrHost* host);

/* Has another node opened this session, for the person whom it acts for? */
extern bool tessera_is_asked_by_node(void);

#endif

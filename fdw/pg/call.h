/* What a node sends around an endpoint's statement (nodeservice/query/prepared_call.cpp has the same texts). People can
 * send these, too: in a transaction that changes nothing, and that leaves none of their locks. */
#pragma once

#define BEGIN_OF_CALL "BEGIN READ ONLY /* of a call */"
/* Of an endpoint that goes on without shards that can't be read (missing.c). */
#define PARTIAL_CALL "SET LOCAL tessera.missing_shards = skip /* of a call */"
/* Releases the session's advisory locks as well (guard.c): a statement for that alone costs 3 us a call. */
#define END_OF_CALL "ROLLBACK /* of a call */"

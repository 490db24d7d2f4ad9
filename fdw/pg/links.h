/* How fast the links with other nodes are, as this node has seen from its own traffic: of each server of the connector
 * "node", for all sessions together. Nothing is sent to find out. */
#ifndef TESSERA_FDW_PG_LINKS_H
#define TESSERA_FDW_PG_LINKS_H

#include "fdw/pg/tessera_fdw.h"

/* What the best of the last minutes was; 0: not known. */
typedef struct LinkSpeed {
    double latency_ms; /* of a statement that gives next to nothing, by round trip */
    double bytes_per_s;
} LinkSpeed;

/* While the server loads its libraries; without that each session knows only what it has seen itself. */
extern void tessera_links_init(void);

/* A statement has given all its rows, so long after it was sent. */
extern void tessera_note_traffic(const TsrSource* source, const TsrScanProgress* moved, int64 elapsed_us);

extern LinkSpeed tessera_link_speed(const TsrSource* source);

extern const SourceCosts tessera_default_costs;

/* With the byte's cost by what was seen, if anything was. Latency has no part in it: what a small answer took is the
 * node's work, too, and of that the planner knows more. */
extern SourceCosts tessera_link_costs(LinkSpeed speed, SourceCosts otherwise);

#endif

/* The function by which keys that are no integers are shared out (key_number.c). */
#ifndef TESSERA_FDW_PG_KEY_NUMBER_H
#define TESSERA_FDW_PG_KEY_NUMBER_H

#define KEY_NUMBER_SCHEMA "tessera"
#define KEY_NUMBER "key_number"

#endif

#include "plugins/sdk/connector_base.h"
#include "plugins/sqlite/session.h"

TESSERA_CONNECTOR(sqlite, "1.0", "sqlite", tessera::sqlite::optionSpecs(), &tessera::sqlite::Session::open, nullptr)

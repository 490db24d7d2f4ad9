#include "plugins/sdk/connector_base.h"
#include "plugins/store/session.h"

TESSERA_CONNECTOR(store, "1.0", "store", tessera::store_tables::optionSpecs(), &tessera::store_tables::Session::open,
                  nullptr)

#include "plugins/mysql/options.h"
#include "plugins/mysql/session.h"
#include "plugins/sdk/connector_base.h"

// Each session finds out how old its server is.
TESSERA_CONNECTOR(mysql, "1.0", "", tessera::mysql::optionSpecs(), &tessera::mysql::Session::open, nullptr, true)

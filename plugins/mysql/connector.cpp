#include "plugins/mysql/options.h"
#include "plugins/mysql/session.h"
#include "plugins/sdk/connector_base.h"

TESSERA_CONNECTOR(mysql, "1.0", "mysql", tessera::mysql::optionSpecs(), &tessera::mysql::Session::open, nullptr, true)

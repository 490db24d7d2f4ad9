#include "plugins/odbc/options.h"
#include "plugins/odbc/session.h"
#include "plugins/sdk/connector_base.h"

// Each session finds out what its source speaks.
TESSERA_CONNECTOR(odbc, "1.0", "", tessera::odbc::optionSpecs(), &tessera::odbc::Session::open, nullptr)

#include "plugins/files/relation.h"
#include "plugins/files/session.h"
#include "plugins/sdk/connector_base.h"

TESSERA_CONNECTOR(files, "1.0", "duckdb", tessera::files::optionSpecs(), &tessera::files::Session::open,
                  &tessera::files::relationText)

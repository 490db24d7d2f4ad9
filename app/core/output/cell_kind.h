#pragma once

/// What kind of value a result column holds, as far as showing and writing it is concerned. Pure; any thread.

#include "nodeservice/client/types.h"

namespace tessera::app {

enum class CellKind { kText, kNumber, kBoolean, kJson };

CellKind cellKindOf(const client::ResultColumn& column);

}  // namespace tessera::app

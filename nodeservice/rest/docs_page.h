#pragma once

/// The page on which people read what endpoints there are, and try them. It holds no data of its own: what it shows it
/// asks the node for, as whoever signs in on it. Pure.

#include "nodeservice/gateway/http_exchange.h"

namespace tessera::rest {

gateway::HttpResponse docsPage();

}  // namespace tessera::rest

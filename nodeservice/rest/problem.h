#pragma once

/// Errors as HTTP tells them: status and problem details (RFC 9457). The one place that maps them. Pure.

#include "common/error.h"
#include "nodeservice/gateway/http_exchange.h"

#include <nlohmann/json.hpp>

namespace tessera::rest {

int statusOf(const Error& error);

/// {"type": "about:blank", "title": …, "status": …, "detail": …, "code": …, "sqlstate": …, "hint": …, "position": …}
nlohmann::ordered_json problemOf(const Error& error);

gateway::HttpResponse problemResponse(const Error& error);

}  // namespace tessera::rest

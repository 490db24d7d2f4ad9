#pragma once

/// The store's values as a person reads and writes them.

#include "nodeservice/client/store_client.h"

#include <optional>
#include <string>

namespace tessera::cli {

/// As cells show it: text as it is, bytes as x'…'; nothing for NULL.
std::optional<std::string> valueText(client::StoreValue value);

/// As SQL has it: text in quotes, NULL.
std::string valueLiteral(client::StoreValue value);

}  // namespace tessera::cli

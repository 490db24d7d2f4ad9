#pragma once

#include <string_view>

namespace tessera::mysql {

/// The dialect of plugins/sdk/dialect for a server that calls itself that, "10.11.6-MariaDB", and whose version is
/// 101106. What is not MariaDB is taken for MySQL. Newer ones are as the newest that is known.
const char* dialectOf(std::string_view server, unsigned long version);

}  // namespace tessera::mysql

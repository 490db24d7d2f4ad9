#pragma once

/// Finds connectors by name in one folder and loads them: `libtessera_NAME.so`, checked to speak this ABI.
///
/// A loaded connector stays loaded until the process ends, because its libraries may own threads and exit handlers; so
/// the table that load() returns is valid for ever. Not thread-safe: owned by one thread. Errors name the file and the
/// reason.

#include "common/result.h"
#include "plugins/sdk/connector.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::sdk {

class ConnectorLoader {
  public:
    explicit ConnectorLoader(std::filesystem::path directory) : directory_(std::move(directory)) {}

    /// The connector's table; a second call with the same name does no work. kNotFound when the folder has no such
    /// file, kInvalidArgument for a name that can't be a connector's, kFailedPrecondition for a file that is no usable
    /// connector.
    Result<const TsrConnector*> load(std::string_view name);

    /// The names that load() would look at, sorted; empty when the folder can't be read.
    std::vector<std::string> available() const;

  private:
    std::filesystem::path directory_;
    std::map<std::string, const TsrConnector*, std::less<>> loaded_;
};

}  // namespace tessera::sdk

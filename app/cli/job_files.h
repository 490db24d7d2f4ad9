#pragma once

/// Job files on this machine: read for `apply` and `diff`, written by `export`.

#include "common/result.h"
#include "nodeservice/client/jobs_client.h"

#include <filesystem>
#include <string>
#include <vector>

namespace tessera::cli {

/// Of the files, and of the *.yaml and *.yml in folders, by name. kInvalidArgument for what cannot be read.
Result<std::vector<client::JobFile>> readJobFiles(const std::vector<std::filesystem::path>& paths);

/// FOLDER/NAME.yaml, which is replaced at once or not at all. Returns its path.
Result<std::filesystem::path> writeJobFile(const std::filesystem::path& folder, const std::string& name,
                                           const std::string& text);

}  // namespace tessera::cli

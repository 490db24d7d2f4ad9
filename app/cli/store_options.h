#pragma once

/// The command line of `tessera store`. Internal to options.cpp.

#include "app/cli/options.h"

#include <cstdint>
#include <string>

namespace CLI {
class App;
}

namespace tessera::cli {

/// What is read before it is understood.
struct RawStoreOptions {
    std::string mesh_file;
    std::string file;
    std::string timeout;
    std::string at_time;
    std::string max_age;
    std::uint64_t at_index = 0;
    std::string split;
    std::string delay;
    std::string since;
    std::string until;
};

void addStore(CLI::App& app, StoreOptions& store, RawStoreOptions& raw);
Result<StoreOptions> finishStore(StoreOptions store, const RawStoreOptions& raw);

}  // namespace tessera::cli

#pragma once

/// The demo mesh as ./dev demo starts it, on free ports in a folder of its own. `demo.sh run` stops its servers when it
/// is told to end, and is told so by the kernel when this process dies.

#include "common/process.h"
#include "common/result.h"
#include "tests/support/temporary_directory.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera {

class TemporaryDemo {
  public:
    static Result<std::unique_ptr<TemporaryDemo>> start();
    ~TemporaryDemo();

    std::filesystem::path folder() const { return folder_.path() / "demo"; }

    std::filesystem::path meshFile() const { return folder() / "mesh.yaml"; }

    /// What the command line client writes for a statement at node `operations`, as CSV.
    Result<std::string> query(const std::string& sql) const;

    /// The command line client with this mesh.
    ProcessResult tessera(std::vector<std::string> arguments) const;

    /// The script that runs the mesh.
    Process& script() { return *script_; }

  private:
    TemporaryDemo() = default;

    TemporaryDirectory folder_;
    std::optional<Process> script_;
};

/// resources/demo, and in it the queries that the README shows, in order.
std::filesystem::path demoResources();
std::vector<std::filesystem::path> demoQueries();

}  // namespace tessera

#include "tests/support/temporary_demo.h"

#include "common/net.h"
#include "tests/support/wait_until.h"

#include <algorithm>
#include <chrono>

namespace tessera {

namespace fs = std::filesystem;

using std::chrono::minutes;

Result<std::unique_ptr<TemporaryDemo>> TemporaryDemo::start() {
    auto demo = std::unique_ptr<TemporaryDemo>(new TemporaryDemo());
    std::string ports;
    for (int count = 0; count < 6; ++count) {
        ports += std::to_string(TSR_TRY(freeLoopbackPort())) + " ";
    }
    demo->script_ = TSR_TRY(Process::start({.arguments = {(demoResources() / "demo.sh").string(), "run"},
                                            .environment = {{"TESSERA_DEMO_DIR", demo->folder().string()},
                                                            {"TESSERA_DEMO_PORTS", ports},
                                                            {"TESSERA_BUILD_DIR", TESSERA_BUILD_DIR},
                                                            {"TESSERA_VEGA_DATASETS", TESSERA_VEGA_DATASETS},
                                                            {"TESSERA_IDENTITY_PROVIDER", TESSERA_IDENTITY_PROVIDER}},
                                            .standard_output = ProcessOutput::capture(),
                                            .standard_error = ProcessOutput::capture(),
                                            .signal_on_parent_death = SIGTERM}));
    const auto is_up = [&] { return demo->script_->capturedOutput().find("stop") != std::string::npos; };
    if (!waitUntil([&] { return is_up() || demo->script_->poll(); }, minutes(3)) || !is_up()) {
        Error error = fail(ErrorCode::kInternal, "the demo mesh did not start");
        error.detail = demo->script_->capturedError() + readFile(demo->folder() / "log/lake.log") +
                       readFile(demo->folder() / "log/operations.log") + readFile(demo->folder() / "log/archive.log");
        return error;
    }
    return demo;
}

TemporaryDemo::~TemporaryDemo() {
    if (script_) {
        script_->terminate(minutes(1));
    }
}

Result<std::string> TemporaryDemo::query(const std::string& sql) const {
    return runChecked({.arguments = {(folder() / "program/bin/tessera").string(), "query", "--node", "operations",
                                     "--format", "csv", sql},
                       .environment = {{"TESSERA_MESH", meshFile().string()}}},
                      minutes(2));
}

ProcessResult TemporaryDemo::tessera(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), (folder() / "program/bin/tessera").string());
    auto done =
        run({.arguments = std::move(arguments), .environment = {{"TESSERA_MESH", meshFile().string()}}}, minutes(2));
    return done ? std::move(*done) : ProcessResult{{}, {}, done.error().describe()};
}

fs::path demoResources() {
    return fs::path(TESSERA_SOURCE_DIR) / "resources/demo";
}

std::vector<fs::path> demoQueries() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(demoResources() / "queries")) {
        files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace tessera

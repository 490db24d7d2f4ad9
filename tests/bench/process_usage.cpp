#include "tests/bench/process_usage.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace tessera::bench {

namespace {

std::string fileOf(pid_t process, const char* name) {
    return "/proc/" + std::to_string(process) + "/" + name;
}

Error unknown(pid_t process, const std::string& what) {
    return fail(ErrorCode::kInternal, "process " + std::to_string(process) + " does not say its " + what);
}

}  // namespace

Result<double> memoryOf(pid_t process, const std::string& name) {
    std::ifstream status(fileOf(process, "status"));
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name + ":")) {
            return std::stod(line.substr(name.size() + 1)) / 1024;
        }
    }
    return unknown(process, name);
}

Result<> forgetPeakOf(pid_t process) {
    std::ofstream clear(fileOf(process, "clear_refs"));
    constexpr int kPeak = 5;
    clear << kPeak << std::flush;
    return clear ? Result<>() : Result<>(unknown(process, "peak of memory anew"));
}

Result<double> processorTimeOf(pid_t process) {
    std::ifstream file(fileOf(process, "stat"));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    // The name in parentheses may hold anything; the state follows it.
    const std::size_t name_end = text.rfind(") ");
    if (name_end == std::string::npos) {
        return unknown(process, "processor time");
    }
    std::istringstream rest(text.substr(name_end + 2));
    constexpr int kFieldsBefore = 11;
    std::string skipped;
    for (int i = 0; i < kFieldsBefore; ++i) {
        rest >> skipped;
    }
    double user = 0;
    double system = 0;
    rest >> user >> system;
    return (user + system) * 1e6 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

Result<std::uint64_t> sleepsOf(pid_t process) {
    const std::string wanted = "voluntary_ctxt_switches:";
    std::uint64_t sleeps = 0;
    std::error_code failed;
    for (const auto& task : std::filesystem::directory_iterator(fileOf(process, "task"), failed)) {
        std::ifstream status(task.path() / "status");
        for (std::string line; std::getline(status, line);) {
            sleeps += line.starts_with(wanted) ? std::stoull(line.substr(wanted.size())) : 0;
        }
    }
    return failed ? Result<std::uint64_t>(unknown(process, "threads")) : sleeps;
}

}  // namespace tessera::bench

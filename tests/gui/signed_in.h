#pragma once

/// For tests in which a person signs in from the workbench: this process's environment for a while, and a desktop that
/// writes down which page it was asked to open.

#include "tests/support/temporary_agent.h"
#include "tests/support/temporary_directory.h"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tessera {

/// Puts back what was there before.
class ChangedEnvironment {
  public:
    ChangedEnvironment() = default;
    ChangedEnvironment(const ChangedEnvironment&) = delete;
    ChangedEnvironment& operator=(const ChangedEnvironment&) = delete;

    void set(const std::string& name, const std::string& value) {
        const char* old = std::getenv(name.c_str());
        before_.emplace_back(name, old == nullptr ? std::nullopt : std::optional<std::string>(old));
        ::setenv(name.c_str(), value.c_str(), 1);
    }

    ~ChangedEnvironment() {
        for (const auto& [name, value] : before_) {
            value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
        }
    }

  private:
    std::vector<std::pair<std::string, std::optional<std::string>>> before_;
};

/// The workbench of this process finds the agent, and pages that it opens end up in a file.
class PersonsDesktop {
  public:
    explicit PersonsDesktop(const TemporaryAgent& agent) : opened_(folder() / "opened") {
        std::filesystem::remove(opened_);
        const std::filesystem::path opener =
            writeFile(folder() / "bin" / "xdg-open", "#!/bin/sh\necho \"$1\" >" + opened_.string());
        std::filesystem::permissions(opener, std::filesystem::perms::owner_all);
        environment_.set("PATH", opener.parent_path().string() + ":" + std::getenv("PATH"));
        for (const auto& [name, value] : agent.environment()) {
            if (name != "DISPLAY") {
                environment_.set(name, value);
            }
        }
    }

    /// Empty before one was opened.
    std::string openedPage() const {
        std::string url = readFile(opened_);
        if (!url.ends_with('\n')) {
            return {};
        }
        url.pop_back();
        return url;
    }

  private:
    /// One for all of a process, in which Qt looks once for the program that opens pages.
    static const std::filesystem::path& folder() {
        static const TemporaryDirectory kept;
        return kept.path();
    }

    std::filesystem::path opened_;
    ChangedEnvironment environment_;
};

}  // namespace tessera

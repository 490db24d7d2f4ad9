#pragma once

/// Files that a transaction makes: written under hidden names, which no pattern of a table finds, named when it
/// commits, removed when it is rolled back. Owned by its session; one thread at a time.

#include "common/result.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace tessera::files {

class NewFiles {
  public:
    NewFiles() = default;

    ~NewFiles() { removeFrom(0); }

    NewFiles(const NewFiles&) = delete;
    NewFiles& operator=(const NewFiles&) = delete;

    struct File {
        std::string hidden;
        std::string name;  // never of a file that is there
    };

    void add(File file) { files_.push_back(std::move(file)); }

    /// On disk, and found from now on. Those that could not be named are removed.
    Result<> commit();
    void rollback();

    void save(const std::string& savepoint) { savepoints_.emplace_back(savepoint, files_.size()); }

    void release(const std::string& savepoint);
    /// The savepoint stays.
    void rollbackTo(const std::string& savepoint);

  private:
    void removeFrom(std::size_t first);

    std::vector<File> files_;
    std::vector<std::pair<std::string, std::size_t>> savepoints_;  // and how many files there were
};

}  // namespace tessera::files

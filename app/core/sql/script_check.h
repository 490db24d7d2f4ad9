#pragma once

/// Finds what is wrong in a script while it is typed: PostgreSQL's own parser for each statement, and names that the
/// catalog does not have. Remembers what it said of each statement, so that only changed ones are read again. A
/// worker's; one thread at a time.

#include "app/core/catalog/name_index.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tessera::app {

struct ScriptProblem {
    /// Bytes of the script; never empty unless the script is.
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string message;
    /// It may still be right; an error is certainly wrong.
    bool is_warning = false;

    bool operator==(const ScriptProblem&) const = default;
};

class ScriptCheck {
  public:
    /// In order of the text. `names` may be null: then only the syntax is looked at.
    std::vector<ScriptProblem> run(std::string_view script, const std::shared_ptr<const NameIndex>& names);

    /// How many statements run() read, and not just remembered, since the last call.
    std::size_t takeReadCount() { return std::exchange(read_count_, 0); }

  private:
    struct Remembered {
        std::vector<ScriptProblem> problems;  // relative to the statement
        std::uint64_t used = 0;
    };

    const std::vector<ScriptProblem>& problemsOf(std::string_view statement);
    std::vector<ScriptProblem> read(std::string_view statement) const;

    std::unordered_map<std::string, Remembered> remembered_;
    std::shared_ptr<const NameIndex> names_;
    std::set<std::string> created_;
    std::uint64_t run_ = 0;
    std::size_t read_count_ = 0;
};

/// The end of the word that begins at a byte, or of the one character there.
std::size_t wordEndAt(std::string_view text, std::size_t begin);

}  // namespace tessera::app

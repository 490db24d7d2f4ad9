#include "app/core/sql/script_check.h"

#include "app/core/sql/name_lookup.h"
#include "app/core/sql/parser.h"
#include "app/core/sql/statement_splitter.h"
#include "app/core/text/utf8.h"

#include <algorithm>

namespace tessera::app {

namespace {

// A page of psql's meta-commands or pasted data is no SQL; marking every line of it helps nobody.
constexpr std::size_t kProblemsMax = 500;

bool isWordByte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::size_t wordEndAt(std::string_view text, std::size_t begin) {
    std::size_t end = begin;
    while (end < text.size() && isWordByte(text[end])) {
        ++end;
    }
    return end == begin ? std::min(text.size(), begin + characterLength(text, begin)) : end;
}

std::vector<ScriptProblem> ScriptCheck::run(std::string_view script, const std::shared_ptr<const NameIndex>& names) {
    ++run_;
    const std::vector<StatementRange> statements = splitStatements(script);
    std::set<std::string> created;
    for (const StatementRange& statement : statements) {
        if (std::string name = createdName(statement.of(script)); !name.empty()) {
            created.insert(std::move(name));
        }
    }
    if (names != names_ || created != created_) {
        remembered_.clear();
        names_ = names;
        created_ = std::move(created);
    }
    std::vector<ScriptProblem> problems;
    for (const StatementRange& statement : statements) {
        for (ScriptProblem problem : problemsOf(statement.of(script))) {
            problem.begin += statement.begin;
            problem.end += statement.begin;
            problems.push_back(std::move(problem));
        }
        if (problems.size() >= kProblemsMax) {
            break;
        }
    }
    std::erase_if(remembered_, [this](const auto& entry) { return entry.second.used != run_; });
    return problems;
}

const std::vector<ScriptProblem>& ScriptCheck::problemsOf(std::string_view statement) {
    const auto [found, is_new] = remembered_.try_emplace(std::string(statement));
    if (is_new) {
        ++read_count_;
        found->second.problems = read(statement);
    }
    found->second.used = run_;
    return found->second.problems;
}

std::vector<ScriptProblem> ScriptCheck::read(std::string_view statement) const {
    std::vector<ScriptProblem> problems;
    if (const auto error = syntaxErrorOf(statement)) {
        // Behind the last character there is nothing to draw under: the last one is marked.
        std::size_t begin = std::min(error->offset, statement.size());
        while (begin > 0 &&
               (begin == statement.size() || (static_cast<unsigned char>(statement[begin]) & 0xC0U) == 0x80U)) {
            --begin;
        }
        problems.push_back({begin, wordEndAt(statement, begin), error->message, false});
        return problems;
    }
    if (names_) {
        for (UnknownName& unknown : unknownNames(statement, *names_, created_)) {
            problems.push_back({unknown.begin, unknown.end, std::move(unknown.message), true});
        }
    }
    std::sort(problems.begin(), problems.end(),
              [](const ScriptProblem& a, const ScriptProblem& b) { return a.begin < b.begin; });
    return problems;
}

}  // namespace tessera::app

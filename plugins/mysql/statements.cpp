#include "plugins/mysql/statements.h"

#include <algorithm>
#include <array>

namespace tessera::mysql {

namespace {

/// Of each session; the server has room for some 16,000 of all.
constexpr std::size_t kMostIdle = 16;

}  // namespace

Statements::~Statements() {
    for (const auto& [text, statement] : idle_) {
        close(statement);
    }
}

MYSQL_STMT* Statements::take(std::string_view text) {
    const auto found = std::find_if(idle_.begin(), idle_.end(), [&](const auto& idle) { return idle.first == text; });
    if (found == idle_.end()) {
        return nullptr;
    }
    MYSQL_STMT* const statement = found->second;
    idle_.erase(found);
    return statement;
}

void Statements::keep(std::string text, MYSQL_STMT* statement) {
    idle_.emplace_front(std::move(text), statement);
    if (idle_.size() > kMostIdle) {
        close(idle_.back().second);
        idle_.pop_back();
    }
}

void Statements::close(MYSQL_STMT* statement) {
    my_bool failed = 0;
    connection_.finish(mysql_stmt_close_start(&failed, statement),
                       [&](int ready) { return mysql_stmt_close_cont(&failed, statement, ready); });
}

bool isKept(std::string_view text, std::size_t param_count) {
    constexpr std::array<std::string_view, 5> kNotKept = {"SELECT ", " JOIN ", " GROUP BY ", " OVER ", " UNION "};
    return param_count > 0 && std::ranges::all_of(kNotKept, [&](std::string_view words) {
               return text.find(words, 1) == std::string_view::npos;
           });
}

}  // namespace tessera::mysql

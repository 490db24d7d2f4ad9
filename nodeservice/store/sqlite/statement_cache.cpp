#include "nodeservice/store/sqlite/statement_cache.h"

#include <utility>

namespace tessera::store::sqlite {

namespace {

/// Then all go: whoever has so many texts writes values into them, and hardly sends one twice.
constexpr std::size_t kMost = 128;

}  // namespace

LentStatement StatementCache::find(std::string_view text) {
    const auto found = statements_.find(text);
    if (found == statements_.end()) {
        return nullptr;
    }
    // From here on the progress handler counts, as it does for one that is new.
    sqlite3_stmt_status(found->second.get(), SQLITE_STMTSTATUS_VM_STEP, 1);
    return LentStatement(&found->second);
}

LentStatement StatementCache::keep(std::string_view text, Statement statement) {
    if (statements_.size() >= kMost) {
        clear();
    }
    return LentStatement(&statements_.insert_or_assign(std::string(text), std::move(statement)).first->second);
}

Result<LentStatement> StatementCache::prepare(Database& database, std::string_view sql) {
    if (auto kept = find(sql)) {
        return kept;
    }
    return keep(sql, TSR_TRY(database.prepare(sql)));
}

Result<> StatementCache::run(Database& database, std::string_view sql, std::initializer_list<Value> values) {
    return TSR_TRY(prepare(database, sql))->run(values);
}

}  // namespace tessera::store::sqlite

#include "nodeservice/store/sql/query.h"

namespace tessera::store {

Result<sqlite::Statement> prepareQuery(sqlite::Database& database, Environment& environment,
                                       const SqlStatement& statement) {
    environment.refuse({});
    environment.guardUser(true);
    auto prepared = database.prepare(statement.sql);
    environment.guardUser(false);
    if (!prepared) {
        return environment.refusal().empty() ? prepared.error()
                                             : fail(ErrorCode::kInvalidArgument, environment.refusal());
    }
    if (prepared->get() == nullptr || sqlite3_stmt_readonly(prepared->get()) == 0) {
        return fail(ErrorCode::kInvalidArgument, "a query of the store only reads");
    }
    TSR_TRY(bindParameters(*prepared, statement));
    return prepared;
}

Result<> bindParameters(sqlite::Statement& prepared, const SqlStatement& statement) {
    const int count = sqlite3_bind_parameter_count(prepared.get());
    if (count != static_cast<int>(statement.parameters.size())) {
        return fail(ErrorCode::kInvalidArgument, "the query has " + std::to_string(count) + " parameters, not " +
                                                     std::to_string(statement.parameters.size()));
    }
    int position = 0;
    for (const sqlite::Value& value : statement.parameters) {
        TSR_TRY(prepared.bind(++position, value));
    }
    return {};
}

}  // namespace tessera::store

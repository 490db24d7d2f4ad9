#include "plugins/store/member.h"

#include "plugins/sdk/connector_base.h"
#include "plugins/sdk/node_request.h"

#include <cstddef>
#include <string_view>
#include <utility>

namespace tessera::store_tables {

namespace {

/// What the socket itself may take.
constexpr std::chrono::seconds kMargin{5};

/// The store's own words for what SQLite finds wrong.
std::string sqlStateOf(const store_link::Answer& answer) {
    constexpr std::pair<std::string_view, const char*> kWords[] = {{"UNIQUE constraint failed", "23505"},
                                                                   {"NOT NULL constraint failed", "23502"},
                                                                   {"CHECK constraint failed", "23514"},
                                                                   {"FOREIGN KEY constraint failed", "23503"},
                                                                   {"cannot store ", "22P02"},
                                                                   {"no such table", "42P01"},
                                                                   {"no such column", "42703"}};
    for (const auto& [words, state] : kWords) {
        if (answer.message.starts_with(words)) {
            return state;
        }
    }
    return answer.sqlstate;
}

Error errorOf(const store_link::Answer& answer) {
    const std::string state = sqlStateOf(answer);
    Error error = fail(errorCodeOfSqlState(state), "the replicated store: " + answer.message, answer.hint);
    error.sqlstate = state;
    return error;
}

Result<const char*> socketOf(const TsrHost& host) {
    const bool has_one = host.struct_size > offsetof(TsrHost, session_role) && host.store_socket != nullptr &&
                         host.session_role != nullptr && *host.store_socket(&host) != '\0';
    if (!has_one) {
        return fail(ErrorCode::kFailedPrecondition, "this PostgreSQL is no node's: there is no replicated store",
                    "use the connector 'store' in a source of tessera-node");
    }
    return host.store_socket(&host);
}

}  // namespace

Result<store_link::Answer> Member::ask(store_link::Request request, bool heeds_cancel) const {
    const char* socket = TSR_TRY(socketOf(host_));
    request.role = host_.session_role(&host_);
    request.timeout_ms = static_cast<std::uint32_t>(options_.timeout.count());
    const std::string bytes = request.encode();
    const std::string answer = TSR_TRY(sdk::askNode(host_, {.socket = socket,
                                                            .request = bytes,
                                                            .patience = options_.timeout + kMargin,
                                                            .most_answer_bytes = store_link::kMostAnswerBytes,
                                                            .heeds_cancel = heeds_cancel}));
    return store_link::Answer::decode(answer);
}

Result<Member::Readable> Member::awaitReadable() const {
    auto answer =
        ask({.consistency = options_.consistency, .max_age_ms = static_cast<std::uint32_t>(options_.max_age.count())},
            true);
    if (!answer) {
        Error error = std::move(answer).error();
        return error.code == ErrorCode::kCancelled ? error : std::move(error).withContext("the replicated store");
    }
    if (!answer->sqlstate.empty()) {
        return errorOf(*answer);
    }
    return Readable{std::move(answer->file), answer->index};
}

Result<> Member::write(std::vector<store_link::Statement> statements) const {
    TSR_TRY(socketOf(host_));
    const auto answer = ask({.kind = store_link::Kind::kWrite, .statements = std::move(statements)}, false);
    if (!answer || answer->sqlstate == "08007") {
        return sdk::outcomeUnknown("the replicated store", answer ? answer->message : answer.error().message);
    }
    return answer->sqlstate.empty() ? Result<>() : Result<>(errorOf(*answer));
}

}  // namespace tessera::store_tables

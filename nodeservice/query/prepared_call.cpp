#include "nodeservice/query/prepared_call.h"

#include <libpq-fe.h>

#include <utility>

namespace tessera::query {

namespace {

constexpr const char* kBegin = "tessera_begin";
constexpr const char* kEnd = "tessera_end";
constexpr std::size_t kOwnStatements = 2;
// What stands around the statement is nobody's: PostgreSQL's side knows these texts, and releases the session's
// advisory locks with that ROLLBACK (fdw/pg/call.h).
constexpr const char* kBeginText = "BEGIN READ ONLY /* of a call */";
constexpr const char* kEndText = "ROLLBACK /* of a call */";
constexpr const char* kPartialText = "SET LOCAL tessera.missing_shards = skip /* of a call */";
/// A session in which so many were prepared forgets them all.
constexpr std::size_t kMostPrepared = 200;

std::size_t bytesOf(const PGresult* result) {
    std::size_t bytes = 0;
    for (int column = 0; column < PQnfields(result) && PQntuples(result) > 0; ++column) {
        bytes += static_cast<std::size_t>(PQgetlength(result, 0, column));
    }
    return bytes;
}

}  // namespace

PreparedCall::~PreparedCall() {
    if (hears_) {
        PQsetNoticeReceiver(
            connection_, [](void*, const PGresult*) {}, nullptr);
    }
}

void PreparedCall::receiveNotice(void* self, const pg_result* result) {
    const auto field = [result](int code) {
        const char* text = PQresultErrorField(result, code);
        return std::string(text == nullptr ? "" : text);
    };
    static_cast<PreparedCall*>(self)->notices_.push_back({field(PG_DIAG_SEVERITY), field(PG_DIAG_MESSAGE_PRIMARY),
                                                          field(PG_DIAG_MESSAGE_DETAIL), field(PG_DIAG_MESSAGE_HINT),
                                                          field(PG_DIAG_SQLSTATE)});
}

std::vector<Notice> PreparedCall::takeNotices() {
    hears_ = false;
    return std::exchange(notices_, {});
}

bool PreparedCall::sendPrepare(const std::string& name, const char* sql) {
    ++sent_;
    return PQsendPrepare(connection_, name.c_str(), sql, 0, nullptr) == 1;
}

bool PreparedCall::sendExecute(const std::string& name, const std::vector<const char*>& values) {
    ++sent_;
    return PQsendQueryPrepared(connection_, name.c_str(), static_cast<int>(values.size()), values.data(), nullptr,
                               nullptr, 0) == 1;
}

std::string PreparedCall::nameOf(const std::string& sql, bool& is_sent) {
    const auto [found, is_new] =
        prepared_.try_emplace(sql, "tessera_call_" + std::to_string(prepared_.size() + kOwnStatements));
    is_sent = is_sent && (!is_new || sendPrepare(found->second, sql.c_str()));
    return found->second;
}

Result<> PreparedCall::send() {
    std::vector<const char*> values;
    values.reserve(statement_.parameters.size());
    for (const Parameter& parameter : statement_.parameters) {
        values.push_back(parameter.text ? parameter.text->c_str() : nullptr);
    }
    PQsetNoticeReceiver(connection_, &PreparedCall::receiveNotice, this);
    hears_ = true;
    bool is_sent = PQenterPipelineMode(connection_) == 1;
    const bool is_full = prepared_.size() >= kMostPrepared;
    if (is_sent && is_full) {
        ++sent_;
        is_sent = PQsendQueryParams(connection_, "DEALLOCATE ALL", 0, nullptr, nullptr, nullptr, nullptr, 0) == 1;
        prepared_.clear();
    }
    if (is_sent && prepared_.empty()) {
        is_sent = sendPrepare(kBegin, kBeginText) && sendPrepare(kEnd, kEndText);
        prepared_.emplace("", "");
    }
    const std::string partial = statement_.skips_missing_shards ? nameOf(kPartialText, is_sent) : std::string();
    const std::string name = nameOf(statement_.sql, is_sent);
    is_sent = is_sent && sendExecute(kBegin, {}) && (partial.empty() || sendExecute(partial, {}));
    rows_at_ = sent_;
    // Where the statement fails the session is cleaned (DISCARD).
    is_sent = is_sent && sendExecute(name, values) && sendExecute(kEnd, {}) && PQpipelineSync(connection_) == 1;
    if (!is_sent) {
        return postgres::errorOf(connection_);
    }
    beginCommand(0);
    return {};
}

void PreparedCall::beginCommand(std::size_t command) {
    if (command == rows_at_) {
        PQsetSingleRowMode(connection_);
    }
}

PreparedCall::State PreparedCall::readAhead(std::size_t most_bytes) {
    if (PQconsumeInput(connection_) == 0) {
        return State::kNotBrief;
    }
    while (PQisBusy(connection_) == 0) {
        postgres::ResultHandle result(PQgetResult(connection_));
        const ExecStatusType status = result ? PQresultStatus(result.get()) : PGRES_COMMAND_OK;
        if (!result) {
            beginCommand(++read_);
        }
        ahead_bytes_ += status == PGRES_SINGLE_TUPLE ? bytesOf(result.get()) : 0;
        ahead_.push_back(std::move(result));
        if (status == PGRES_PIPELINE_SYNC) {
            return State::kComplete;
        }
        // Some hundreds of bytes are kept for each row besides its values.
        constexpr std::size_t kMostResults = 1000;
        const bool is_much = ahead_bytes_ > most_bytes || ahead_.size() > kMostResults || read_ > sent_;
        const bool is_right = status == PGRES_COMMAND_OK || status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK;
        if (is_much || !is_right) {
            return State::kNotBrief;
        }
    }
    return State::kWaiting;
}

postgres::ResultHandle PreparedCall::takeAhead() {
    postgres::ResultHandle result = std::move(ahead_.front());
    ahead_.pop_front();
    return result;
}

void PreparedCall::passed(const pg_result* result) {
    if (result != nullptr) {
        return;
    }
    ++passed_;
    if (passed_ > read_) {
        beginCommand(++read_);
    }
}

bool PreparedCall::end() {
    return PQstatus(connection_) == CONNECTION_OK && PQexitPipelineMode(connection_) == 1;
}

}  // namespace tessera::query

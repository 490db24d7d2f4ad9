#include "nodeservice/query/executor.h"

#include "common/log.h"
#include "nodeservice/query/prepared_call.h"

#include <libpq-fe.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace tessera::query {

namespace {

using Clock = std::chrono::steady_clock;

/// A call that takes longer gets a thread, which sees when its client has gone, and when its time is over.
constexpr std::chrono::milliseconds kBriefTime{50};

/// The statement was prepared when tables or functions were others, or something has dropped it.
bool isStale(const Error& error) {
    return error.sqlstate == "26000" ||
           (error.sqlstate == "0A000" && error.message.find("cached plan") != std::string::npos);
}

void logStatement(const Statement& statement, const std::string& role, const Result<Completion>& result) {
    if (result) {
        log::debug("query.done", {{"request", statement.request_id},
                                  {"user", role},
                                  {"tag", result->command_tag},
                                  {"ms", result->elapsed.count()}});
    } else {
        log::debug("query.failed",
                   {{"request", statement.request_id}, {"user", role}, {"sqlstate", result.error().sqlState()}});
    }
}

}  // namespace

Executor::Executor(identity::Authenticator& authenticator, identity::SessionPool& sessions, std::size_t max_statements,
                   OpenSessions::Limits open_sessions)
    : authenticator_(authenticator),
      sessions_(sessions),
      max_statements_(max_statements),
      open_sessions_(sessions, open_sessions),
      workers_("query", max_statements, 2 * max_statements) {}

Result<> Executor::execute(identity::CallCredentials credentials, Statement statement,
                           std::shared_ptr<Interrupt> interrupt, std::shared_ptr<Sink> sink) {
    return start([this, moved = std::move(credentials)] { return authenticator_.authenticate(moved); },
                 std::move(statement), std::move(interrupt), std::move(sink));
}

Result<> Executor::execute(identity::Principal principal, Statement statement, std::shared_ptr<Interrupt> interrupt,
                           std::shared_ptr<Sink> sink) {
    return start([moved = std::move(principal)] { return Result<identity::Principal>(moved); }, std::move(statement),
                 std::move(interrupt), std::move(sink));
}

Result<> Executor::admit(const std::shared_ptr<Interrupt>& interrupt) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            return fail(ErrorCode::kUnavailable, "the node is stopping", "run the statement again later");
        }
        if (running_.size() >= max_statements_) {
            return fail(ErrorCode::kResourceExhausted,
                        "the node runs " + std::to_string(max_statements_) + " statements already, as many as it may",
                        "try again when one has ended, or raise query.max_statements in the node's configuration");
        }
        running_.insert(interrupt);
    }
    ++statistics_.statements;
    ++statistics_.active;
    return {};
}

void Executor::end(const std::shared_ptr<Interrupt>& interrupt, const Result<Completion>& result, Sink& sink) {
    if (!result) {
        ++statistics_.failed;
    }
    --statistics_.active;
    {
        const std::lock_guard lock(mutex_);
        running_.erase(interrupt);
    }
    sink.finished(result);
    one_ended_.notify_all();
}

Result<> Executor::start(Who who, Statement statement, std::shared_ptr<Interrupt> interrupt,
                         std::shared_ptr<Sink> sink) {
    TSR_TRY(admit(interrupt));
    const bool accepted = workers_.trySubmit(
        [this, who = std::move(who), statement = std::move(statement), interrupt, sink = std::move(sink)] {
            const auto result = run(who, statement, interrupt, *sink);
            end(interrupt, result, *sink);
        });
    if (!accepted) {
        // Only while stop() runs: the pool has room for every statement that running_ admits.
        const std::lock_guard lock(mutex_);
        running_.erase(interrupt);
        --statistics_.active;
        return fail(ErrorCode::kUnavailable, "the node is stopping", "run the statement again later");
    }
    return {};
}

// --- calls of prepared statements ------------------------------------------------------------------------------------

/// A call that nobody's thread waits for.
struct Executor::Brief {
    Brief(Call given, identity::SessionPool::Lease leased)
        : call(std::move(given)),
          session(std::move(leased)),
          sent(session->connection().handle(), *session->prepared(), call.statement) {
        until = sent.began() + kBriefTime;
        if (call.statement.timeout_ms > 0) {
            until = std::min(until, sent.began() + std::chrono::milliseconds(call.statement.timeout_ms));
        }
    }

    Call call;
    std::optional<identity::SessionPool::Lease> session;
    PreparedCall sent;
    Clock::time_point until;
};

Result<> Executor::execute(Call call) {
    if (call.when_readable) {
        if (auto session = sessions_.takeForCalls(call.principal)) {
            const auto brief = std::make_shared<Brief>(std::move(call), std::move(*session));
            if (auto admitted = admit(brief->call.interrupt); !admitted) {
                brief->session->keepForCalls();
                return admitted;
            }
            if (brief->sent.send()) {
                waitFor(brief);
            } else {
                finishOnThread(brief);
            }
            return {};
        }
    }
    const auto sink = call.make_sink ? TSR_TRY(call.make_sink()) : std::move(call.brief_sink);
    const auto taken = execute(std::move(call.principal), std::move(call.statement), std::move(call.interrupt), sink);
    if (!taken) {
        sink->finished(taken.error());
    }
    return {};
}

void Executor::waitFor(const std::shared_ptr<Brief>& brief) {
    const int socket = PQsocket(brief->sent.connection());
    if (Clock::now() >= brief->until ||
        !brief->call.when_readable(socket, brief->until, [this, brief] { take(brief); })) {
        finishOnThread(brief);
    }
}

void Executor::take(const std::shared_ptr<Brief>& brief) {
    switch (brief->sent.readAhead(brief->call.brief_bytes)) {
        case PreparedCall::State::kWaiting:
            waitFor(brief);
            break;
        case PreparedCall::State::kComplete:
            finish(*brief, *brief->call.brief_sink);
            break;
        case PreparedCall::State::kNotBrief:
            finishOnThread(brief);
            break;
    }
}

void Executor::finish(Brief& brief, Sink& sink) {
    const Statement& statement = brief.call.statement;
    const Interrupt& interrupt = *brief.call.interrupt;
    Outcome outcome = finishCall(brief.sent, statement, interrupt, sink, statistics_);
    const auto result =
        conclude(std::move(*brief.session), brief.call.principal, statement, std::move(outcome), interrupt, sink);
    end(brief.call.interrupt, result, sink);
}

void Executor::finishOnThread(const std::shared_ptr<Brief>& brief) {
    const bool accepted = workers_.trySubmit([this, brief] {
        auto sink = brief->call.make_sink ? brief->call.make_sink() : brief->call.brief_sink;
        if (sink) {
            finish(*brief, **sink);
        } else {
            end(brief->call.interrupt, sink.error(), *brief->call.brief_sink);
        }
    });
    if (!accepted) {
        end(brief->call.interrupt,
            fail(ErrorCode::kUnavailable, "the node is stopping", "run the statement again later"),
            *brief->call.brief_sink);
    }
}

Result<Completion> Executor::runPrepared(const identity::Principal& principal, const Statement& statement,
                                         const Interrupt& interrupt, Sink& sink) {
    auto session = TSR_TRY(sessions_.acquireForCalls(principal));
    PreparedCall call(session.connection().handle(), *session.prepared(), statement);
    TSR_TRY(call.send());
    Outcome outcome = finishCall(call, statement, interrupt, sink, statistics_);
    return conclude(std::move(session), principal, statement, std::move(outcome), interrupt, sink);
}

/// Keeps the session for other calls, unless something went wrong: then it is cleaned.
Result<Completion> Executor::conclude(identity::SessionPool::Lease session, const identity::Principal& principal,
                                      const Statement& statement, Outcome outcome, const Interrupt& interrupt,
                                      Sink& sink) {
    logStatement(statement, principal.role, outcome.result);
    if (outcome.session != SessionState::kReusable) {
        return std::move(outcome.result);
    }
    if (outcome.result) {
        session.keepForCalls();
        return std::move(outcome.result);
    }
    if (isStale(outcome.result.error())) {
        // It has said so before its first row.
        TSR_TRY(session.connection().execute("DISCARD ALL"));
        outcome = runStatement(session.connection().handle(), statement, interrupt, sink, statistics_);
        logStatement(statement, principal.role, outcome.result);
    }
    if (outcome.session == SessionState::kReusable) {
        session.giveBack();
    }
    return std::move(outcome.result);
}

Result<Completion> Executor::run(const Who& who, const Statement& statement,
                                 const std::shared_ptr<Interrupt>& interrupt, Sink& sink) {
    const identity::Principal principal = TSR_TRY(who());
    if (!statement.session.empty()) {
        return runOnOpenSession(principal, statement, interrupt, sink);
    }
    if (statement.is_prepared) {
        return runPrepared(principal, statement, *interrupt, sink);
    }
    auto session =
        TSR_TRY(statement.is_of_endpoint ? sessions_.acquireForEndpoint(principal) : sessions_.acquire(principal));
    Outcome outcome = runStatement(session.connection().handle(), statement, *interrupt, sink, statistics_);
    logStatement(statement, principal.role, outcome.result);
    if (outcome.session == SessionState::kReusable) {
        session.giveBack();
    }
    return std::move(outcome.result);
}

Result<Completion> Executor::runOnOpenSession(const identity::Principal& principal, const Statement& statement,
                                              const std::shared_ptr<Interrupt>& interrupt, Sink& sink) {
    auto use = TSR_TRY(open_sessions_.use(statement.session, principal, interrupt));
    Outcome outcome = runStatement(use.connection(), statement, *interrupt, sink, statistics_);
    logStatement(statement, principal.role, outcome.result);
    sink.transaction(use.done(outcome.session == SessionState::kReusable));
    return std::move(outcome.result);
}

Result<> Executor::openSession(identity::CallCredentials credentials, std::shared_ptr<SessionObserver> observer,
                               std::function<void(Result<std::string>)> opened) {
    // So that sessions which are being opened take no room of statements.
    const bool has_room = ++opening_ <= max_statements_;
    const bool accepted =
        has_room && workers_.trySubmit([this, credentials = std::move(credentials), observer = std::move(observer),
                                        opened = std::move(opened)]() mutable {
            const auto principal = authenticator_.authenticate(credentials);
            opened(principal ? open_sessions_.open(*principal, std::move(observer))
                             : Result<std::string>(principal.error()));
            --opening_;
        });
    if (!accepted) {
        --opening_;
        return fail(ErrorCode::kResourceExhausted, "the node is busy", "try again when a statement has ended");
    }
    return {};
}

void Executor::drain(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    one_ended_.wait_until(lock, deadline, [this] { return running_.empty(); });
}

void Executor::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (const auto& interrupt : running_) {
            interrupt->raise(Interrupt::Reason::kShutdown);
        }
    }
    workers_.stop();
    open_sessions_.stop();
}

}  // namespace tessera::query

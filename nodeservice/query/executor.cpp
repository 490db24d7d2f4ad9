#include "nodeservice/query/executor.h"

#include "common/log.h"

#include <utility>

namespace tessera::query {

namespace {

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

Result<> Executor::start(Who who, Statement statement, std::shared_ptr<Interrupt> interrupt,
                         std::shared_ptr<Sink> sink) {
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
    const bool accepted = workers_.trySubmit(
        [this, who = std::move(who), statement = std::move(statement), interrupt, sink = std::move(sink)] {
            const auto result = run(who, statement, interrupt, *sink);
            if (!result) {
                ++statistics_.failed;
            }
            --statistics_.active;
            {
                const std::lock_guard lock(mutex_);
                running_.erase(interrupt);
            }
            sink->finished(result);
            one_ended_.notify_all();
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

Result<Completion> Executor::run(const Who& who, const Statement& statement,
                                 const std::shared_ptr<Interrupt>& interrupt, Sink& sink) {
    const identity::Principal principal = TSR_TRY(who());
    if (!statement.session.empty()) {
        return runOnOpenSession(principal, statement, interrupt, sink);
    }
    auto session = TSR_TRY(sessions_.acquire(principal));
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

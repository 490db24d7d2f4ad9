#pragma once

/// Runs one statement on a session: asynchronously on one connection, in libpq's single-row mode, so that neither side
/// keeps more than a batch. The caller's thread waits for PostgreSQL, the interrupt and the clock together; while the
/// sink holds it up, PostgreSQL is not read from and stops by itself.
///
/// An interrupt or time limit cancels the statement in PostgreSQL (and so at its sources) and waits for it to end.

#include "nodeservice/query/interrupt.h"
#include "nodeservice/query/prepared_call.h"
#include "nodeservice/query/statement.h"

#include <atomic>
#include <cstdint>

struct pg_conn;

namespace tessera::query {

/// Counters for the node's metrics.
struct Statistics {
    std::atomic<std::uint64_t> statements = 0;
    std::atomic<std::uint64_t> failed = 0;
    std::atomic<std::int64_t> active = 0;
    std::atomic<std::uint64_t> rows = 0;
    std::atomic<std::uint64_t> bytes = 0;
};

/// What remains of the session afterwards. A cancelled one of the pool is not used again; an open session goes on after
/// a cancel, as what is in its transaction would be lost, when PostgreSQL has taken the cancel.
enum class SessionState { kReusable, kSpent };

struct Outcome {
    Result<Completion> result;
    SessionState session = SessionState::kSpent;
};

/// Sends everything but finished() to the sink.
Outcome runStatement(pg_conn* connection, const Statement& statement, const Interrupt& interrupt, Sink& sink,
                     Statistics& statistics);

/// The same of a call that was sent. Does not wait for PostgreSQL where all of it was read ahead.
Outcome finishCall(PreparedCall& call, const Statement& statement, const Interrupt& interrupt, Sink& sink,
                   Statistics& statistics);

}  // namespace tessera::query

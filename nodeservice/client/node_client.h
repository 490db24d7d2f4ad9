#pragma once

/// A program's connection to one node: the only way the workbench, the CLI and the agent know nodes.
///
/// Nothing here blocks, except where a name ends in "AndWait" (for the CLI and tests). Answers arrive on threads of the
/// gRPC library: an observer hands them to its own thread and returns at once.

#include "common/result.h"
#include "nodeservice/client/types.h"

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::client {

/// The way to a node through the person's agent, which adds the token that nobody else sees.
struct AgentRoute {
    /// Its unix socket.
    std::string socket;
    std::string profile;
    /// Who is signed in, for display.
    std::string person;
};

/// Where a node is and as whom to speak to it; from the mesh file (see mesh_file.h) or from the agent.
struct NodeAddress {
    std::string name;
    /// "host:port".
    std::string address;
    std::string user;
    /// Never logged or shown.
    std::string password;
    /// An access token to sign in with instead; `user` is then the role that is wanted, or empty. Never logged or
    /// shown.
    std::string token = {};
    /// Then the agent signs in, and `address` is for display.
    std::optional<AgentRoute> agent = {};
};

/// Hears of one running statement. Calls come one at a time, from a gRPC thread; the last one is onDone().
class QueryObserver {
  public:
    virtual ~QueryObserver() = default;

    virtual void onStarted() {}

    virtual void onColumns(std::vector<ResultColumn> columns) = 0;
    /// The batch counts as in flight until RunningQuery::release(); with kMaxBatchesInFlight of them the client stops
    /// reading and the node stops sending.
    virtual void onBatch(std::shared_ptr<const ResultBatch> batch) = 0;

    virtual void onNotice(Notice notice) { (void)notice; }

    virtual void onProgress(Progress progress) { (void)progress; }

    /// How it ended. A cancelled statement ends with ErrorCode::kCancelled.
    virtual void onDone(Result<Completion> result) = 0;
};

/// A statement under way. Destroying it cancels the statement; the observer still gets its onDone().
class RunningQuery {
  public:
    static constexpr int kMaxBatchesInFlight = 4;

    virtual ~RunningQuery() = default;
    /// Stops the statement here at once, and asks the node to stop it there. Any thread; may be called again.
    virtual void cancel() = 0;
    /// One batch has been consumed. Any thread.
    virtual void release() = 0;
};

/// A unary call under way; destroying it cancels the call, and its callback is then never called.
class PendingCall {
  public:
    virtual ~PendingCall() = default;
};

template <class T>
using Callback = std::function<void(Result<T>)>;

/// Whatever runs statements: a node, each on a session of its own, or one session.
class StatementExecutor {
  public:
    virtual ~StatementExecutor() = default;

    /// Starts a statement; the observer is kept until its onDone() has returned.
    virtual std::unique_ptr<RunningQuery> execute(QueryRequest request, std::shared_ptr<QueryObserver> observer) = 0;
};

/// Hears of one session, from a gRPC thread.
class SessionObserver {
  public:
    virtual ~SessionObserver() = default;
    /// After each statement, and before its onDone().
    virtual void onTransaction(TransactionState state) = 0;
    /// The session is gone, and what was not committed with it; the last call. Not when it was destroyed here.
    virtual void onClosed(Error why) = 0;
};

/// A session of the person's own on a node, for transactions over several statements, one of which runs at a time.
/// Statements wait until it is open, and fail once it is gone. Destroying it closes it: what was not committed is
/// rolled back.
class NodeSession : public StatementExecutor {
  public:
    /// Now, though somebody may still hold it; statements fail then.
    virtual void close() = 0;
};

class NodeClient : public StatementExecutor {
  public:
    /// Opens a channel to the node without waiting for it. Without an agent, `address` must be loopback:
    /// without TLS no other is spoken to.
    static Result<std::shared_ptr<NodeClient>> create(NodeAddress address);

    virtual const NodeAddress& address() const = 0;

    /// Opens a session without waiting for it.
    virtual std::shared_ptr<NodeSession> openSession(std::shared_ptr<SessionObserver> observer) = 0;

    /// Every name the person may see, as rows of the sections that names_statement.h describes; for completion and
    /// search. An observer of its own, never in the way of a statement; one batch that is not released stops the node.
    virtual std::unique_ptr<RunningQuery> readNames(std::shared_ptr<QueryObserver> observer) = 0;

    virtual std::unique_ptr<PendingCall> describeNode(Callback<NodeInfo> done) = 0;
    virtual std::unique_ptr<PendingCall> listSchemas(Callback<std::vector<SchemaInfo>> done) = 0;
    virtual std::unique_ptr<PendingCall> listTables(std::string schema, Callback<std::vector<TableInfo>> done) = 0;
    virtual std::unique_ptr<PendingCall> describeTable(std::string schema, std::string table,
                                                       Callback<TableDetails> done) = 0;
};

/// Runs a unary call to its end: `callAndWait<NodeInfo>([&](auto done) { return client->describeNode(std::move(done));
/// })`. Bounded by the call's own deadline: 20 s for a node's facts, 2 minutes for lists. Not on a GUI thread.
template <class T, class Start>
Result<T> callAndWait(Start&& start) {
    auto promise = std::make_shared<std::promise<Result<T>>>();
    auto future = promise->get_future();
    const std::unique_ptr<PendingCall> call =
        start([promise](Result<T> result) { promise->set_value(std::move(result)); });
    return future.get();
}

}  // namespace tessera::client

#pragma once

/// A node for tests without a node: hands out what the test gives, when the test says so, and remembers what was asked.
/// Calls back on the caller's thread, unless the test calls it from another.

#include "app/core/output/text_batch.h"
#include "nodeservice/client/node_client.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace tessera::app {

/// What became of a statement, shared by test and handle.
struct FakeStatement {
    client::QueryRequest request;
    /// Whether it runs on a session that was opened.
    bool is_on_session = false;
    std::shared_ptr<client::QueryObserver> observer;
    std::atomic<int> released{0};
    std::atomic<bool> is_cancelled{false};
    std::atomic<bool> is_destroyed{false};

    void sendColumns(const std::vector<std::string>& names) const { observer->onColumns(textColumns(names)); }

    void sendRows(std::size_t column_count, const std::vector<TextRow>& rows) const {
        observer->onBatch(std::make_shared<const client::ResultBatch>(textBatch(column_count, rows)));
    }

    void complete(const std::string& tag, std::uint64_t rows) const {
        observer->onDone(client::Completion{tag, rows, 1});
    }

    void failWith(Error error) const { observer->onDone(Result<client::Completion>(std::move(error))); }
};

/// A session that was opened, shared by test and node client.
struct FakeSession {
    std::shared_ptr<client::SessionObserver> observer;
    std::atomic<bool> is_closed{false};
    client::TransactionState state;

    /// What the statement left, as the node tells before its end.
    void tell(client::TransactionStatus status) {
        state = {status, state.revision + 1};
        observer->onTransaction(state);
    }

    void lose(Error why) const { observer->onClosed(std::move(why)); }
};

class FakeNodeClient final : public client::NodeClient {
  public:
    explicit FakeNodeClient(std::string name) : address_{std::move(name), "127.0.0.1:1", "ann", ""} {}

    const client::NodeAddress& address() const override { return address_; }

    std::unique_ptr<client::RunningQuery> execute(client::QueryRequest request,
                                                  std::shared_ptr<client::QueryObserver> observer) override {
        return start(std::move(request), std::move(observer), false);
    }

    std::shared_ptr<client::NodeSession> openSession(std::shared_ptr<client::SessionObserver> observer) override {
        auto session = std::make_shared<FakeSession>();
        session->observer = std::move(observer);
        sessions.push_back(session);
        return std::make_shared<Session>(*this, session);
    }

    std::unique_ptr<client::RunningQuery> readNames(std::shared_ptr<client::QueryObserver> observer) override {
        auto reading = std::make_shared<FakeStatement>();
        reading->observer = std::move(observer);
        names_readings.push_back(reading);
        return std::make_unique<Running>(reading);
    }

    std::unique_ptr<client::PendingCall> describeNode(client::Callback<client::NodeInfo> done) override {
        return ask(waiting_info, std::move(done));
    }

    std::unique_ptr<client::PendingCall> listSchemas(client::Callback<std::vector<client::SchemaInfo>> done) override {
        return ask(waiting_schemas, std::move(done));
    }

    std::unique_ptr<client::PendingCall> listTables(std::string schema,
                                                    client::Callback<std::vector<client::TableInfo>> done) override {
        asked.push_back(std::move(schema));
        return ask(waiting_tables, std::move(done));
    }

    std::unique_ptr<client::PendingCall> describeTable(std::string schema, std::string table,
                                                       client::Callback<client::TableDetails> done) override {
        asked.push_back(schema + "." + table);
        return ask(waiting_details, std::move(done));
    }

    /// The last statement that was started.
    FakeStatement& statement() { return *statements.back(); }

    std::vector<std::shared_ptr<FakeStatement>> statements;
    /// openSession() calls, oldest first.
    std::vector<std::shared_ptr<FakeSession>> sessions;
    /// readNames() calls, oldest first.
    std::vector<std::shared_ptr<FakeStatement>> names_readings;
    std::vector<std::string> asked;
    // Unanswered calls, oldest first; the test answers by calling them.
    std::vector<client::Callback<client::NodeInfo>> waiting_info;
    std::vector<client::Callback<std::vector<client::SchemaInfo>>> waiting_schemas;
    std::vector<client::Callback<std::vector<client::TableInfo>>> waiting_tables;
    std::vector<client::Callback<client::TableDetails>> waiting_details;

  private:
    struct Running final : client::RunningQuery {
        explicit Running(std::shared_ptr<FakeStatement> started) : statement(std::move(started)) {}

        ~Running() override { statement->is_destroyed = true; }

        void cancel() override { statement->is_cancelled = true; }

        void release() override { ++statement->released; }

        std::shared_ptr<FakeStatement> statement;
    };

    /// Used while the node client lives, which tests see to.
    struct Session final : client::NodeSession {
        Session(FakeNodeClient& client, std::shared_ptr<FakeSession> opened)
            : node(client), session(std::move(opened)) {}

        ~Session() override { session->is_closed = true; }

        void close() override { session->is_closed = true; }

        std::unique_ptr<client::RunningQuery> execute(client::QueryRequest request,
                                                      std::shared_ptr<client::QueryObserver> observer) override {
            return node.start(std::move(request), std::move(observer), true);
        }

        FakeNodeClient& node;
        std::shared_ptr<FakeSession> session;
    };

    std::unique_ptr<client::RunningQuery> start(client::QueryRequest request,
                                                std::shared_ptr<client::QueryObserver> observer, bool is_on_session) {
        auto statement = std::make_shared<FakeStatement>();
        statement->request = std::move(request);
        statement->observer = std::move(observer);
        statement->is_on_session = is_on_session;
        statements.push_back(statement);
        return std::make_unique<Running>(statement);
    }

    struct Call final : client::PendingCall {};

    template <class T>
    static std::unique_ptr<client::PendingCall> ask(std::vector<T>& waiting, T done) {
        waiting.push_back(std::move(done));
        return std::make_unique<Call>();
    }

    client::NodeAddress address_;
};

}  // namespace tessera::app

#pragma once

/// A small answer of a node, read whole: what pages ask of catalogs and views, one statement at a time. Owner's thread;
/// never waits.

#include "app/core/session/query_session.h"

#include <QString>
#include <functional>
#include <vector>

namespace tessera::app {

class RowsQuery : public QObject {
    Q_OBJECT

  public:
    /// NULL is a null string.
    using Row = std::vector<QString>;
    using Rows = std::vector<Row>;
    using Done = std::function<void(Result<Rows>)>;

    explicit RowsQuery(QObject* parent = nullptr);

    /// Another one under way is cancelled, and its `done` never called.
    void run(const std::shared_ptr<client::StatementExecutor>& executor, client::QueryRequest request, Done done);
    void cancel();

    bool isRunning() const { return session_.isRunning(); }

  private:
    /// Answers are for people to look at; one that is larger was asked wrongly.
    static constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 20U;

    void onState();
    void onPaused();
    void finish(Result<Rows> result);

    QuerySession session_;
    Done done_;
};

/// What is in a store, as text.
Result<RowsQuery::Rows> rowsOf(const ResultStore& store);

}  // namespace tessera::app

#pragma once

/// Applies changed rows: one statement a row, all or none. In a transaction of its own, or within the one that the
/// person has open, which it leaves as it was when a row cannot be changed. GUI thread.

#include "app/core/session/transaction.h"

#include <QObject>
#include <memory>
#include <optional>
#include <vector>

namespace tessera::app {

class RowApply : public QObject {
    Q_OBJECT

  public:
    explicit RowApply(QObject* parent = nullptr);

    /// `open`: the tab's transactions; it runs no statement meanwhile. Each request changes one row.
    void start(std::shared_ptr<client::NodeClient> node, Transaction& open, std::vector<client::QueryRequest> rows);

    bool isRunning() const { return transaction_ != nullptr; }

  Q_SIGNALS:
    /// No error: all rows were changed. `row`: which could not be.
    void finished(const std::optional<tessera::Error>& error, std::size_t row);

  private:
    class Answer;

    void next();
    void run(client::QueryRequest request, std::size_t step);
    void onDone(const Result<client::Completion>& result, std::size_t step);
    void end(std::optional<Error> error);

    std::shared_ptr<client::NodeClient> node_;
    std::vector<client::QueryRequest> rows_;
    /// The next of rows_; behind them comes the end.
    std::size_t row_ = 0;
    /// own_ or the tab's; null when nothing runs.
    Transaction* transaction_ = nullptr;
    std::unique_ptr<Transaction> own_;
    std::unique_ptr<client::RunningQuery> running_;
    std::optional<Error> error_;
    OwnerThread owner_thread_;
};

}  // namespace tessera::app

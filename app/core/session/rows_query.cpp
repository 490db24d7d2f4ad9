#include "app/core/session/rows_query.h"

#include <utility>

namespace tessera::app {

RowsQuery::RowsQuery(QObject* parent) : QObject(parent), session_(nullptr, kMostBytes) {
    connect(&session_, &QuerySession::stateChanged, this, &RowsQuery::onState);
    connect(&session_, &QuerySession::pausedChanged, this, &RowsQuery::onPaused);
}

void RowsQuery::run(const std::shared_ptr<client::StatementExecutor>& executor, client::QueryRequest request,
                    Done done) {
    done_ = nullptr;
    session_.run(executor, std::move(request));
    done_ = std::move(done);
}

void RowsQuery::cancel() {
    done_ = nullptr;
    session_.cancel();
}

void RowsQuery::onState() {
    if (session_.state() == QuerySession::State::kSucceeded) {
        finish(rowsOf(*session_.store()));
    } else if (session_.state() == QuerySession::State::kFailed) {
        finish(session_.error());
    }
}

void RowsQuery::onPaused() {
    if (session_.isPaused()) {
        session_.cancel();
        finish(fail(ErrorCode::kResourceExhausted, "the node's answer is larger than 16 MB"));
    }
}

void RowsQuery::finish(Result<Rows> result) {
    // Whoever hears of it may ask again at once.
    if (const Done done = std::exchange(done_, nullptr)) {
        done(std::move(result));
    }
}

Result<RowsQuery::Rows> rowsOf(const ResultStore& store) {
    RowsQuery::Rows rows;
    const auto columns = store.columns();
    const std::size_t width = columns ? columns->size() : 0;
    rows.reserve(store.rowCount());
    for (std::uint64_t number = 0; number < store.rowCount(); ++number) {
        const ResultStore::Position position = TSR_TRY(store.at(number));
        RowsQuery::Row row(width);
        for (std::size_t column = 0; column < width; ++column) {
            if (!position.isNull(column)) {
                // Empty, not null.
                row[column] = QLatin1String("") + QString::fromStdString(TSR_TRY(store.readText(position, column)));
            }
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace tessera::app

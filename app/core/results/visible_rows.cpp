#include "app/core/results/visible_rows.h"

#include <QThreadPool>
#include <utility>

namespace tessera::app {

void VisibleRows::setView(ResultView view) {
    ++generation_;
    is_loading_ = false;
    view_ = std::move(view);
    rows_.clear();
    error_.reset();
}

void VisibleRows::show(std::uint64_t first, std::uint64_t last) {
    first_ = first;
    last_ = last;
    rows_.erase(rows_.begin(), rows_.lower_bound(first));
    rows_.erase(rows_.upper_bound(last), rows_.end());
    std::vector<std::uint64_t> missing;
    for (std::uint64_t row = first; row <= last; ++row) {
        if (rows_.contains(row)) {
            continue;
        }
        if (auto position = view_.peek(row)) {
            rows_.emplace(row, std::move(*position));
        } else {
            missing.push_back(row);
        }
    }
    if (!missing.empty() && !is_loading_ && !error_) {
        load(std::move(missing));
    }
}

const ResultStore::Position* VisibleRows::row(std::uint64_t row) const {
    const auto found = rows_.find(row);
    return found == rows_.end() ? nullptr : &found->second;
}

void VisibleRows::load(std::vector<std::uint64_t> missing) {
    is_loading_ = true;
    QThreadPool::globalInstance()->start(
        [this, post = owner_thread_.poster(), view = view_, generation = generation_, missing = std::move(missing)] {
            Rows rows;
            std::optional<Error> error;
            for (const std::uint64_t row : missing) {
                Result<ResultStore::Position> position = view.at(row);
                if (!position) {
                    error = std::move(position).error();
                    break;
                }
                rows.emplace(row, std::move(*position));
            }
            post([this, generation, rows = std::move(rows), error = std::move(error)]() mutable {
                take(generation, std::move(rows), std::move(error));
            });
        });
}

void VisibleRows::take(std::uint64_t request, Rows rows, std::optional<Error> error) {
    if (request != generation_) {
        return;
    }
    is_loading_ = false;
    error_ = std::move(error);
    rows_.merge(std::move(rows));
    // Also asks for what came into sight meanwhile.
    show(first_, last_);
    Q_EMIT arrived();
}

}  // namespace tessera::app

#pragma once

/// The rows that a view shows at this moment: those in memory at once, those on the disk as soon as a thread of the
/// pool has read them. Holds what it handed out, so that what is visible stays however small the cache is. GUI thread,
/// which never waits.

#include "app/core/results/result_view.h"
#include "app/core/thread/owner_thread.h"

#include <QObject>
#include <map>
#include <optional>

namespace tessera::app {

class VisibleRows : public QObject {
    Q_OBJECT

  public:
    explicit VisibleRows(QObject* parent = nullptr) : QObject(parent), owner_thread_(this) {}

    void setView(ResultView view);

    const ResultView& view() const { return view_; }

    /// Both inside the view: what shall be there. Says arrived() when more of it is.
    void show(std::uint64_t first, std::uint64_t last);
    /// Null until it has arrived.
    const ResultStore::Position* row(std::uint64_t row) const;

    /// Why rows could not be read.
    const std::optional<Error>& error() const { return error_; }

  Q_SIGNALS:
    void arrived();

  private:
    using Rows = std::map<std::uint64_t, ResultStore::Position>;

    void load(std::vector<std::uint64_t> missing);
    void take(std::uint64_t request, Rows rows, std::optional<Error> error);

    ResultView view_;
    std::uint64_t first_ = 0;
    std::uint64_t last_ = 0;
    Rows rows_;
    std::optional<Error> error_;
    /// One read at a time; what was scrolled past meanwhile is never asked for.
    bool is_loading_ = false;
    std::uint64_t generation_ = 0;
    OwnerThread owner_thread_;
};

}  // namespace tessera::app

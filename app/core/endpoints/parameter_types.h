#pragma once

/// Asks a node which types a statement's parameters have: PostgreSQL prepares it on a session of its own, and runs
/// nothing. Owner's thread; never waits.

#include "app/core/session/rows_query.h"

#include <QObject>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tessera::app {

class ParameterTypes : public QObject {
    Q_OBJECT

  public:
    /// As PostgreSQL names them ("integer", "text[]"), in their order.
    using Done = std::function<void(Result<std::vector<std::string>>)>;

    explicit ParameterTypes(QObject* parent = nullptr) : QObject(parent), query_(this) {}

    /// `sql` has $1, $2, …. Another question under way is dropped, and its `done` never called.
    void ask(const std::shared_ptr<client::NodeClient>& node, const std::string& sql, Done done);

  private:
    void finish(Result<std::vector<std::string>> types);

    std::shared_ptr<client::NodeSession> session_;
    Done done_;
    RowsQuery query_;
};

}  // namespace tessera::app

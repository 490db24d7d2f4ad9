#include "app/core/endpoints/parameter_types.h"

#include <utility>

namespace tessera::app {

namespace {

/// A session that is gone fails its statements, which is all that is of interest here.
class Nobody final : public client::SessionObserver {
  public:
    void onTransaction(client::TransactionState) override {}

    void onClosed(Error) override {}
};

client::QueryRequest requestOf(std::string sql) {
    client::QueryRequest request;
    request.sql = std::move(sql);
    return request;
}

}  // namespace

void ParameterTypes::ask(const std::shared_ptr<client::NodeClient>& node, const std::string& sql, Done done) {
    query_.cancel();
    done_ = std::move(done);
    session_ = node->openSession(std::make_shared<Nobody>());
    query_.run(session_, requestOf("PREPARE tessera_endpoint AS " + sql), [this](Result<RowsQuery::Rows> prepared) {
        if (!prepared) {
            finish(prepared.error());
            return;
        }
        query_.run(session_,
                   requestOf("SELECT t.type::text FROM pg_prepared_statements p, "
                             "unnest(p.parameter_types) WITH ORDINALITY t(type, place) "
                             "WHERE p.name = 'tessera_endpoint' ORDER BY t.place"),
                   [this](Result<RowsQuery::Rows> rows) {
                       if (!rows) {
                           finish(rows.error());
                           return;
                       }
                       std::vector<std::string> types;
                       for (const RowsQuery::Row& row : *rows) {
                           types.push_back(row.empty() ? std::string() : row.front().toStdString());
                       }
                       finish(std::move(types));
                   });
    });
}

void ParameterTypes::finish(Result<std::vector<std::string>> types) {
    // The query holds it, too, so that its statement could be run again.
    session_->close();
    session_.reset();
    if (const Done done = std::exchange(done_, nullptr)) {
        done(std::move(types));
    }
}

}  // namespace tessera::app

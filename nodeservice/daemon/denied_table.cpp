#include "nodeservice/daemon/denied_table.h"

#include "common/handle.h"
#include "nodeservice/catalog/governance.h"

#include <libpq-fe.h>

#include <string>

namespace tessera::node {

Result<bool> DeniedTable::mayHaveChanged() {
    if (!connection_) {
        postgres::Connection connection = TSR_TRY(postgres::Connection::open(server_));
        TSR_TRY(connection.execute(std::string("LISTEN ") + catalog::kDeniedChannel));
        connection_.emplace(std::move(connection));
        return true;
    }
    if (PQconsumeInput(connection_->handle()) != 1) {
        const Error gone = postgres::errorOf(connection_->handle());
        close();
        return gone;
    }
    bool has_heard = false;
    while (const Handle<PGnotify, PQfreemem> notification{PQnotifies(connection_->handle())}) {
        has_heard = true;
    }
    return has_heard;
}

}  // namespace tessera::node

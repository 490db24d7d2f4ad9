#include "plugins/postgres/cancel_request.h"

#include "common/handle.h"
#include "plugins/sdk/connector_base.h"

#include <future>
#include <memory>
#include <thread>

namespace tessera::postgres_connector {

bool requestCancel(PGconn* connection, std::chrono::milliseconds limit) {
    auto cancel = std::make_shared<Handle<PGcancel, PQfreeCancel>>(PQgetCancel(connection));
    if (!*cancel) {
        return true;
    }
    auto done = std::make_shared<std::promise<bool>>();
    std::future<bool> answer = done->get_future();
    {
        const sdk::BlockSignals block;
        std::thread([cancel, done] {
            char reason[256];
            done->set_value(PQcancel(cancel->get(), reason, sizeof reason) != 0);
        }).detach();
    }
    return answer.wait_for(limit) == std::future_status::ready && answer.get();
}

}  // namespace tessera::postgres_connector

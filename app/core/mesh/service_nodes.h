#pragma once

/// A service that every node of a mesh answers alike, as those that hold the store do: asked through any of them. Calls
/// wait; any thread.

#include "common/result.h"
#include "nodeservice/client/agent_client.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tessera::app {

/// How a client is made; tests give another one than its create().
template <class Client>
using ServiceClientFactory = std::function<Result<std::shared_ptr<Client>>(client::NodeAddress)>;

template <class Client>
using ServiceClients = std::vector<std::shared_ptr<Client>>;

/// One for each node of the mesh (see findMesh() of nodeservice/client/agent_client.h). Reads files and may start the
/// agent; makes no connection to a node.
template <class Client>
Result<ServiceClients<Client>> openServiceClients(const std::optional<std::filesystem::path>& path,
                                                  const ServiceClientFactory<Client>& factory) {
    const client::MeshFile mesh = TSR_TRY(client::findMesh({path, {}}));
    ServiceClients<Client> clients;
    std::optional<Error> why;
    for (const client::NodeAddress& address : mesh.nodes) {
        Result<std::shared_ptr<Client>> client = factory(address);
        if (client) {
            clients.push_back(std::move(*client));
        } else {
            why = client.error();
        }
    }
    // A node that cannot be asked is in the way only where there is no other.
    if (clients.empty() && why) {
        return *why;
    }
    return clients;
}

template <class Client>
class ServiceNodes {
  public:
    using Open = std::function<Result<ServiceClients<Client>>()>;

    /// `open` is called with the first question, and again with the next while it fails. `missing`: what is wrong when
    /// no node has the service.
    ServiceNodes(Open open, std::string missing) : open_(std::move(open)), missing_(std::move(missing)) {}

    /// Again elsewhere while a node cannot be reached or lacks the service: `call` must be one that may come twice.
    /// kUnimplemented: no node has it.
    template <class Call>
    auto ask(Call call) -> decltype(call(std::declval<Client&>())) {
        const ServiceClients<Client> clients = TSR_TRY(inOrder());
        Error why = fail(ErrorCode::kUnimplemented, missing_);
        for (const std::shared_ptr<Client>& client : clients) {
            auto answer = call(*client);
            if (answer || !isElsewhere(answer.error())) {
                prefer(client);
                return answer;
            }
            // A node that is away may be one that has it: that says more than that others have not.
            if (why.code == ErrorCode::kUnimplemented) {
                why = answer.error();
            }
        }
        return why;
    }

  private:
    static bool isElsewhere(const Error& error) {
        return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kUnimplemented;
    }

    /// The one first that answered last.
    Result<ServiceClients<Client>> inOrder() {
        const std::lock_guard lock(mutex_);
        if (clients_.empty()) {
            clients_ = TSR_TRY(open_());
        }
        return clients_;
    }

    void prefer(const std::shared_ptr<Client>& client) {
        const std::lock_guard lock(mutex_);
        const auto found = std::find(clients_.begin(), clients_.end(), client);
        if (found != clients_.end()) {
            std::rotate(clients_.begin(), found, clients_.end());
        }
    }

    const Open open_;
    const std::string missing_;
    std::mutex mutex_;
    ServiceClients<Client> clients_;  // guarded by mutex_
};

}  // namespace tessera::app

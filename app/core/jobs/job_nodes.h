#pragma once

/// The jobs of a mesh through any of its nodes: all that hold the store know the same. Calls wait; any thread.

#include "nodeservice/client/jobs_client.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace tessera::app {

/// How a client is made; tests give another one than JobsClient::create.
using JobsClientFactory = std::function<Result<std::shared_ptr<client::JobsClient>>(client::NodeAddress)>;
using JobsClients = std::vector<std::shared_ptr<client::JobsClient>>;

/// One for each node of the mesh (see findMesh() of nodeservice/client/agent_client.h). Reads files and may start the
/// agent; makes no connection to a node.
Result<JobsClients> openJobsClients(const std::optional<std::filesystem::path>& path, const JobsClientFactory& factory);

class JobNodes {
  public:
    /// `open` is called with the first question, and again with the next while it fails.
    explicit JobNodes(std::function<Result<JobsClients>()> open) : open_(std::move(open)) {}

    /// Again elsewhere while a node cannot be reached or keeps no jobs: `call` must be one that may come twice.
    /// kUnimplemented: no node keeps jobs.
    template <class Call>
    auto ask(Call call) -> decltype(call(std::declval<client::JobsClient&>())) {
        const JobsClients clients = TSR_TRY(inOrder());
        Error why = fail(ErrorCode::kUnimplemented, "no node of the mesh keeps jobs");
        for (const std::shared_ptr<client::JobsClient>& client : clients) {
            auto answer = call(*client);
            if (answer || !isElsewhere(answer.error())) {
                prefer(client);
                return answer;
            }
            // A node that is away may be one that keeps jobs: that says more than that others do not.
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
    Result<JobsClients> inOrder();
    void prefer(const std::shared_ptr<client::JobsClient>& client);

    const std::function<Result<JobsClients>()> open_;
    std::mutex mutex_;
    JobsClients clients_;  // guarded by mutex_
};

}  // namespace tessera::app

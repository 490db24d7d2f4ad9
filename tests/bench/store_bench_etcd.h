#pragma once

/// Three etcd members of this machine, and clients of them.

#include "common/process.h"
#include "common/result.h"
#include "tests/support/temporary_directory.h"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::bench {

class EtcdCluster {
  public:
    /// Ready when it returns. kNotFound without Debian's etcd-server.
    static Result<std::unique_ptr<EtcdCluster>> start();

    /// A client of the leader, for one thread.
    class Client {
      public:
        virtual ~Client() = default;

        virtual Result<> put(const std::string& key, const std::string& value) = 0;
        /// Linearizable.
        virtual Result<> get(const std::string& key) = 0;
    };

    std::unique_ptr<Client> client();

    std::vector<pid_t> processes() const;

    /// Of a member, by its place.
    std::unique_ptr<Client> clientOf(std::size_t member) const;

  private:
    Result<> findLeader();

    TemporaryDirectory folder_;
    std::array<std::optional<Process>, 3> members_;
    std::array<std::uint16_t, 3> ports_{};
    std::size_t leader_ = 0;
};

}  // namespace tessera::bench

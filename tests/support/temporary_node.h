#pragma once

/// A real tessera-node process for a test: in a temporary folder, on a free port of 127.0.0.1, its PostgreSQL without
/// fsync; stopped and removed at the end of its scope.

#include "common/process.h"
#include "common/result.h"
#include "common/service_user.h"
#include "nodeservice/client/node_client.h"
#include "nodeservice/postgres/connection.h"
#include "tests/support/temporary_directory.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera {

struct TemporaryNodeOptions {
    std::string name = "node";
    /// More YAML for the configuration: "sources: …", "peers: …", "init: …", "query: …". In it, @FOLDER@ is the node's
    /// temporary folder.
    std::string yaml = {};
    /// More of its one listener's YAML: "tls_certificate: …".
    std::string listen = {};
    /// More listeners, as members of a YAML list: "{address: …}".
    std::string listeners = {};
    /// More users, as members of a YAML list: "{name: …}".
    std::string users = {};
    /// Another build of the extension than this one's.
    std::filesystem::path extension_directory = {};
    /// The program that becomes the node, with its arguments: one that changes its surroundings. Needs root.
    std::vector<std::string> started_by = {};
};

class TemporaryNode {
  public:
    static constexpr const char* kUser = "tester";
    static constexpr const char* kPassword = "only for tests";

    /// Starts it and returns when it is ready; the error holds its log.
    static Result<TemporaryNode> start(TemporaryNodeOptions options = {});

    /// Puts all in place, to be started with launch().
    static Result<TemporaryNode> prepare(TemporaryNodeOptions options);

    /// Starts the process, again after stop() or kill(), and waits until it is ready.
    Result<> launch();
    /// Starts the process and waits for its end, at most 60 s: for starts that fail. Its standard error is the message.
    Result<ProcessResult> launchAndWait() const;

    /// SIGTERM, and waits for the end.
    ExitStatus stop();
    /// SIGKILL.
    void kill();

    /// The configuration is written anew with other YAML; it takes effect at the next launch().
    void setYaml(std::string yaml);

    /// A client of the gRPC interface; as kUser unless said otherwise.
    std::shared_ptr<client::NodeClient> client(const std::string& user = kUser,
                                               const std::string& password = kPassword) const;
    /// Signed in with a token, as the role if one is named.
    std::shared_ptr<client::NodeClient> clientWithToken(const std::string& token, const std::string& role = "") const;
    /// Through the PostgreSQL protocol.
    Result<postgres::Connection> connect(const std::string& user = kUser,
                                         const std::string& password = kPassword) const;
    /// The body of a page, with the status before it: "200 ready\n". Empty when nothing listens.
    std::string httpGet(const std::string& path) const;

    pid_t pid() const { return process_ ? process_->pid() : -1; }

    /// Of the node's PostgreSQL, from its pid file; -1 when there is none.
    pid_t postmasterPid() const;

    /// Of all its protocols.
    std::uint16_t port() const { return port_; }

    const std::filesystem::path& folder() const { return folder_->path(); }

    std::filesystem::path dataDirectory() const { return folder() / "data"; }

    std::filesystem::path configFile() const { return folder() / "node.yaml"; }

    /// All that the process wrote to standard error.
    std::string log() const;

  private:
    TemporaryNode() = default;

    void writeConfig() const;
    std::vector<std::string> arguments() const;

    TemporaryNodeOptions options_;
    std::unique_ptr<TemporaryDirectory> folder_ = std::make_unique<TemporaryDirectory>();
    std::uint16_t port_ = 0;
    std::optional<Process> process_;  // after its folder: ends before it
};

/// What a statement gave, collected.
struct QueryAnswer {
    std::vector<client::ResultColumn> columns;
    /// Values as text; none is NULL.
    std::vector<std::vector<std::optional<std::string>>> rows;
    std::vector<client::Notice> notices;
    std::vector<std::size_t> batch_bytes;
    client::Completion completion;
};

/// Runs a statement to its end, at most 60 s.
Result<QueryAnswer> runQuery(client::StatementExecutor& client, client::QueryRequest request);
Result<QueryAnswer> runQuery(client::StatementExecutor& client, const std::string& sql);

}  // namespace tessera

#include "tests/support/temporary_node.h"

#include "common/net.h"
#include "nodeservice/postgres/cluster.h"
#include "tests/support/data_template.h"
#include "tests/support/wait_until.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <fstream>
#include <mutex>
#include <utility>

namespace tessera {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kPatience{60};

std::string replaceAll(std::string text, const std::string& what, const std::string& with) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
    return text;
}

/// An empty data directory of a node, its PostgreSQL initialised: initdb takes seconds, a copy does not.
Result<> makeDataDirectory(const fs::path& folder, const std::string& node) {
    const ServiceUser user = TSR_TRY(serviceUser());
    const fs::path data = folder / "data";
    TSR_TRY(makePrivateDirectory(user, data));
    postgres::ClusterOptions cluster;
    cluster.installation = TSR_TRY(postgres::findInstallation());
    cluster.user = user;
    cluster.data_directory = data / "postgres";
    cluster.superuser = "tessera_node";
    cluster.initdb_arguments = {"--no-sync", "--wal-segsize=1"};
    TSR_TRY(copyDataTemplate("node-postgresql-15", user, cluster.data_directory,
                             [&] { return postgres::Cluster(cluster).initialise(); }));
    writeFile(data / "node", node + "\n");
    return giveTo(user, data / "node");
}

class Collector final : public client::QueryObserver {
  public:
    void run(client::StatementExecutor& client, client::QueryRequest request, const std::shared_ptr<Collector>& self) {
        // Held while it starts: the first batch may come before execute() has returned.
        const std::lock_guard lock(mutex_);
        running_ = client.execute(std::move(request), self);
    }

    void onColumns(std::vector<client::ResultColumn> columns) override { answer_.columns = std::move(columns); }

    void onBatch(std::shared_ptr<const client::ResultBatch> batch) override {
        for (std::size_t row = 0; row < batch->rowCount(); ++row) {
            auto& values = answer_.rows.emplace_back();
            for (std::size_t column = 0; column < batch->columnCount(); ++column) {
                values.push_back(batch->isNull(row, column) ? std::nullopt : std::optional(batch->text(row, column)));
            }
        }
        answer_.batch_bytes.push_back(batch->byteSize());
        const std::lock_guard lock(mutex_);
        running_->release();
    }

    void onNotice(client::Notice notice) override { answer_.notices.push_back(std::move(notice)); }

    void onDone(Result<client::Completion> result) override {
        const std::lock_guard lock(mutex_);
        result_ = std::move(result);
        done_.notify_all();
    }

    Result<QueryAnswer> wait() {
        std::unique_lock lock(mutex_);
        if (!done_.wait_for(lock, kPatience, [this] { return result_.has_value(); })) {
            return fail(ErrorCode::kDeadlineExceeded, "the statement did not end within a minute");
        }
        if (!*result_) {
            return result_->error();
        }
        answer_.completion = **result_;
        return std::move(answer_);
    }

  private:
    QueryAnswer answer_;
    std::mutex mutex_;
    std::condition_variable done_;
    std::unique_ptr<client::RunningQuery> running_;
    std::optional<Result<client::Completion>> result_;
};

}  // namespace

Result<TemporaryNode> TemporaryNode::prepare(TemporaryNodeOptions options) {
    TemporaryNode node;
    node.options_ = std::move(options);
    node.port_ = TSR_TRY(freeLoopbackPort());
    TSR_TRY(makeDataDirectory(node.folder(), node.options_.name));
    node.writeConfig();
    return node;
}

Result<TemporaryNode> TemporaryNode::start(TemporaryNodeOptions options) {
    TemporaryNode node = TSR_TRY(prepare(std::move(options)));
    TSR_TRY(node.launch());
    return node;
}

void TemporaryNode::setYaml(std::string yaml) {
    options_.yaml = std::move(yaml);
    writeConfig();
}

void TemporaryNode::writeConfig() const {
    const std::string extension = options_.extension_directory.empty()
                                      ? ""
                                      : ", extension_directory: \"" + options_.extension_directory.string() + "\"";
    writeFile(configFile(),
              "node: " + options_.name +
                  "\ndata_directory: data\nlisten: [{address: \"127.0.0.1:" + std::to_string(port_) + "\"" +
                  (options_.listen.empty() ? "" : ", ") + replaceAll(options_.listen, "@FOLDER@", folder().string()) +
                  "}" + (options_.listeners.empty() ? "" : ", ") +
                  replaceAll(options_.listeners, "@FOLDER@", folder().string()) + "]\nusers: [{name: " + kUser +
                  ", password: " + kPassword + "}" + (options_.users.empty() ? "" : ", ") + options_.users +
                  "]\n"
                  "postgres: {settings: {fsync: \"off\", full_page_writes: \"off\", shared_buffers: 16MB, "
                  "max_wal_size: 64MB}" +
                  extension + "}\n" + replaceAll(options_.yaml, "@FOLDER@", folder().string()) + "\n");
}

std::vector<std::string> TemporaryNode::arguments() const {
    std::vector<std::string> all = options_.started_by;
    all.insert(all.end(), {(fs::path(TESSERA_BUILD_DIR) / "bin" / "tessera-node").string(), "run", "--config",
                           configFile().string()});
    return all;
}

Result<> TemporaryNode::launch() {
    const std::size_t before = log().size();
    process_ = TSR_TRY(Process::start({.arguments = arguments(),
                                       .standard_error = ProcessOutput::toFile(folder() / "node.log"),
                                       .signal_on_parent_death = SIGTERM}));
    std::optional<ExitStatus> ended;
    const bool ready = waitUntil(
        [&] {
            ended = process_->poll();
            return ended || log().find("node.ready", before) != std::string::npos;
        },
        kPatience);
    if (!ready || ended) {
        return fail(ErrorCode::kUnavailable, "the node " +
                                                 (ended ? ended->describe() : std::string("did not get ready")) +
                                                 ":\n" + log().substr(before));
    }
    return {};
}

Result<ProcessResult> TemporaryNode::launchAndWait() const {
    return run({.arguments = arguments()}, kPatience);
}

ExitStatus TemporaryNode::stop() {
    const ExitStatus status = process_->terminate(kPatience);
    process_.reset();
    return status;
}

void TemporaryNode::kill() {
    (void)process_->signal(SIGKILL);
    process_->wait(kPatience);
    process_.reset();
}

std::shared_ptr<client::NodeClient> TemporaryNode::client(const std::string& user, const std::string& password) const {
    auto made = client::NodeClient::create({options_.name, "127.0.0.1:" + std::to_string(port_), user, password});
    return made ? *made : nullptr;
}

std::shared_ptr<client::NodeClient> TemporaryNode::clientWithToken(const std::string& token,
                                                                   const std::string& role) const {
    auto made = client::NodeClient::create({.name = options_.name,
                                            .address = "127.0.0.1:" + std::to_string(port_),
                                            .user = role,
                                            .password = "",
                                            .token = token});
    return made ? *made : nullptr;
}

Result<postgres::Connection> TemporaryNode::connect(const std::string& user, const std::string& password) const {
    return postgres::Connection::open(
        {.host = "127.0.0.1", .port = port_, .user = user, .password = password, .database = "tessera"});
}

std::string TemporaryNode::httpGet(const std::string& path) const {
    const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
    std::string answer;
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
        return answer;
    }
    char buffer[4096];
    for (ssize_t got = 0; (got = ::recv(socket.get(), buffer, sizeof buffer, 0)) > 0;) {
        answer.append(buffer, static_cast<std::size_t>(got));
    }
    // "HTTP/1.0 200 OK…": the status stands at its ninth character.
    const std::size_t body = answer.find("\r\n\r\n");
    return body == std::string::npos ? std::string() : answer.substr(9, 3) + " " + answer.substr(body + 4);
}

pid_t TemporaryNode::postmasterPid() const {
    pid_t pid = -1;
    std::ifstream(dataDirectory() / "postgres" / "postmaster.pid") >> pid;
    return pid;
}

std::string TemporaryNode::log() const {
    return readFile(folder() / "node.log");
}

Result<QueryAnswer> runQuery(client::StatementExecutor& client, client::QueryRequest request) {
    auto collector = std::make_shared<Collector>();
    collector->run(client, std::move(request), collector);
    return collector->wait();
}

Result<QueryAnswer> runQuery(client::StatementExecutor& client, const std::string& sql) {
    return runQuery(client, client::QueryRequest{.sql = sql, .parameters = {}, .batch_bytes = 0, .timeout_ms = 0});
}

}  // namespace tessera

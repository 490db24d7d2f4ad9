#include "tests/support/temporary_postgres.h"

#include "common/net.h"
#include "tests/support/data_template.h"

namespace tessera {

namespace fs = std::filesystem;

namespace {

/// Somebody else may take the free port in between.
constexpr int kPortAttempts = 5;

Result<postgres::ClusterOptions> clusterOptions(const fs::path& folder, const TemporaryPostgresOptions& options) {
    postgres::ClusterOptions cluster;
    cluster.user = TSR_TRY(serviceUser());
    cluster.installation = TSR_TRY(postgres::findInstallation());
    cluster.data_directory = folder / "data";
    cluster.socket_directory = folder / "socket";
    cluster.log_file = folder / "log";
    cluster.listen_on_loopback = true;
    cluster.superuser = TemporaryPostgres::kUser;
    cluster.superuser_password = TemporaryPostgres::kPassword;
    cluster.host_based_authentication = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
    cluster.initdb_arguments = {"--no-sync", "--wal-segsize=1"};
    cluster.settings = {{"fsync", "off"},
                        {"full_page_writes", "off"},
                        {"shared_buffers", "16MB"},
                        {"max_wal_size", "64MB"},
                        {"max_connections", "50"}};
    if (options.with_extension) {
        const fs::path build = TESSERA_BUILD_DIR;
        const auto tree = TSR_TRY(postgres::makeRuntimeTree({.system = cluster.installation,
                                                             .extension_directory = build / "extension",
                                                             .connector_directory = build / "connectors",
                                                             .tree = folder / "runtime",
                                                             .user = cluster.user}));
        cluster.installation = tree.installation;
        cluster.settings.emplace_back("tessera.connector_path", tree.connector_directory.string());
    }
    cluster.settings.insert(cluster.settings.end(), options.settings.begin(), options.settings.end());
    return cluster;
}

}  // namespace

Result<TemporaryPostgres> TemporaryPostgres::start(const TemporaryPostgresOptions& options) {
    TemporaryPostgres server;
    postgres::ClusterOptions cluster = TSR_TRY(clusterOptions(server.folder_.path(), options));
    TSR_TRY(copyDataTemplate("postgresql-15", cluster.user, cluster.data_directory,
                             [&] { return postgres::Cluster(cluster).initialise(); }));
    for (int attempt = 1;; ++attempt) {
        cluster.port = TSR_TRY(freeLoopbackPort());
        server.cluster_ = std::make_unique<postgres::Cluster>(cluster);
        const auto started = server.cluster_->start();
        if (started) {
            return server;
        }
        if (started.error().code != ErrorCode::kUnavailable || attempt == kPortAttempts) {
            return started.error();
        }
    }
}

postgres::ConnectionSettings TemporaryPostgres::settings(const std::string& database) const {
    return {.host = kHost, .port = port(), .user = kUser, .password = kPassword, .database = database};
}

Result<postgres::Connection> TemporaryPostgres::connect(const std::string& database) const {
    return postgres::Connection::open(settings(database));
}

Result<> TemporaryPostgres::execute(const std::string& sql, const std::string& database) const {
    auto connection = TSR_TRY(connect(database));
    return connection.execute(sql);
}

std::string TemporaryPostgres::log() const {
    return readFile(cluster_->options().log_file);
}

}  // namespace tessera

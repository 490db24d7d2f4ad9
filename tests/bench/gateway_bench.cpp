/// The gateway beside a direct connection and beside PgBouncer in session mode, all three to one and the same
/// PostgreSQL: a node's, which for once listens on TCP, too.

#include "common/net.h"
#include "common/service_user.h"
#include "tests/bench/agent_bench.h"
#include "tests/bench/process_usage.h"
#include "tests/bench/report.h"
#include "tests/support/temporary_node.h"
#include "tests/support/token_maker.h"
#include "tests/support/wait_until.h"

#include <libpq-fe.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>

namespace tessera::bench {
namespace {

using postgres::Connection;
using postgres::ConnectionSettings;

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{120};
constexpr const char* kDirectUser = "direct";
constexpr int kPostgresPort = 5432;

/// How much is measured: figures for the documentation, or a look whether everything runs.
struct Size {
    /// Transactions of one run of pgbench, all clients together.
    int transactions = 12800;
    int idle_sessions = 5000;
    bool is_short = false;

    int runs(int usual) const { return is_short ? 1 : usual; }
};

Size size;

constexpr const char* kYaml = R"yaml(
gateway: {max_connections: 5300, max_connections_per_user: 5300, max_waiting_per_address: 1000}
init: "@FOLDER@/init"
identity:
  issuers:
    - name: corp
      issuer: https://login.example.org
      jwks_file: "@FOLDER@/keys.json"
      algorithms: [ES256]
  roles:
    - {role: analyst, issuer: corp}
)yaml";

/// PostgreSQL with a TCP address, and somebody who may use it without the gateway.
constexpr const char* kHostBasedAuthentication =
    "local all tessera_node peer map=node\n"
    "local tessera all scram-sha-256\n"
    "host tessera direct 127.0.0.0/8 scram-sha-256\n";

constexpr const char* kDirectRole =
    "DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'direct') THEN "
    "CREATE ROLE direct LOGIN PASSWORD 'only for tests'; END IF; END$$; "
    "GRANT CONNECT ON DATABASE tessera TO direct; GRANT USAGE ON SCHEMA public TO direct;";

struct Door {
    std::string name;
    std::string host;
    std::uint16_t port = 0;
    std::string user;

    std::string connectionString(const std::string& more = {}) const {
        return "host=" + host + " port=" + std::to_string(port) + " user=" + user + " dbname=tessera " + more;
    }

    Result<Connection> connect(const std::string& sslmode = "disable") const {
        return Connection::open({.host = host,
                                 .port = port,
                                 .user = user,
                                 .password = TemporaryNode::kPassword,
                                 .database = "tessera",
                                 .more = {{"sslmode", sslmode}}});
    }
};

/// An address of this machine's loopback that nobody else's PostgreSQL has.
std::string ownLoopbackAddress() {
    const auto pid = static_cast<unsigned>(::getpid());
    return "127." + std::to_string(1 + pid % 250) + "." + std::to_string(pid / 250 % 250) + ".7";
}

/// The node, PgBouncer, and the three ways to PostgreSQL.
struct Bench {
    TemporaryNode node;
    SigningKey key;
    std::optional<Process> pgbouncer;
    Door ours;
    Door direct;
    Door theirs;
};

Result<> makeCertificate(const TemporaryNode& node) {
    TSR_TRY(
        runChecked({.arguments = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                                  "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout",
                                  (node.folder() / "node.key").string(), "-out", (node.folder() / "node.pem").string()},
                    .standard_error = ProcessOutput::discard()},
                   kPatience));
    fs::permissions(node.folder() / "node.key", fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
    return {};
}

Result<TemporaryNode> startNode(const SigningKey& key, const std::string& address) {
    auto node = TSR_TRY(TemporaryNode::prepare(
        {.yaml = kYaml, .listen = "tls_certificate: @FOLDER@/node.pem, tls_key: @FOLDER@/node.key"}));
    TSR_TRY(makeCertificate(node));
    writeFile(node.folder() / "keys.json", jwkSet({&key}));
    writeFile(node.folder() / "init" / "direct.sql", kDirectRole);
    TSR_TRY(node.launch());
    node.stop();
    // A node does not let its PostgreSQL be reached, by no setting of its own: this file is PostgreSQL's.
    const fs::path hba = writeFile(node.folder() / "hba.conf", kHostBasedAuthentication);
    std::ofstream(node.dataDirectory() / "postgres" / "postgresql.auto.conf", std::ios::app)
        << "listen_addresses = '" << address << "'\nhba_file = '" << hba.string() << "'\n";
    TSR_TRY(node.launch());
    return node;
}

/// At the address of the door, and it answers.
Result<Process> startPgBouncer(const TemporaryNode& node, const Door& door) {
    const ServiceUser user = TSR_TRY(serviceUser());
    const fs::path folder = node.folder() / "pgbouncer";
    writeFile(folder / "users.txt", std::string("\"") + kDirectUser + "\" \"" + TemporaryNode::kPassword + "\"\n");
    writeFile(folder / "pgbouncer.ini",
              "[databases]\ntessera = host=" + (node.dataDirectory() / "run").string() +
                  " port=5432\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " + std::to_string(door.port) +
                  "\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = " + (folder / "users.txt").string() +
                  "\npool_mode = session\nmax_client_conn = 6000\ndefault_pool_size = 5200\n"
                  "client_tls_sslmode = allow\nclient_tls_key_file = " +
                  (node.folder() / "node.key").string() + "\nclient_tls_cert_file = " +
                  (node.folder() / "node.pem").string() + "\nlog_connections = 0\nlog_disconnections = 0\n");
    Process started = TSR_TRY(Process::start({.arguments = {"pgbouncer", (folder / "pgbouncer.ini").string()},
                                              .working_directory = "/",
                                              .run_as = user.runAs(),
                                              .standard_output = ProcessOutput::discard(),
                                              .standard_error = ProcessOutput::toFile(folder / "log"),
                                              .signal_on_parent_death = SIGKILL}));
    if (!waitUntil([&] { return door.connect().has_value(); }, kPatience)) {
        return fail(ErrorCode::kUnavailable,
                    "PgBouncer does not answer: " + door.connect().error().describe() + readFile(folder / "log"));
    }
    return started;
}

Result<> fillForPgbench(const Door& door) {
    TSR_TRY(runChecked({.arguments = {"pgbench", "-i", "-q", "-s", "1", door.connectionString()},
                        .environment = {{"PGPASSWORD", TemporaryNode::kPassword}},
                        .standard_error = ProcessOutput::discard()},
                       kPatience));
    return {};
}

Result<Bench> start() {
    SigningKey key = SigningKey::p256("k1");
    const std::string address = ownLoopbackAddress();
    TemporaryNode node = TSR_TRY(startNode(key, address));
    const std::uint16_t port = TSR_TRY(freeLoopbackPort());
    const Door ours{"the gateway", "127.0.0.1", node.port(), TemporaryNode::kUser};
    const Door direct{"a direct connection", address, kPostgresPort, kDirectUser};
    const Door theirs{"PgBouncer, session mode", "127.0.0.1", port, kDirectUser};
    Process pgbouncer = TSR_TRY(startPgBouncer(node, theirs));
    TSR_TRY(fillForPgbench(ours));
    Connection connection = TSR_TRY(ours.connect());
    TSR_TRY(connection.execute(
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO direct;"
        "CREATE TABLE large AS SELECT i AS id, md5(i::text) AS a, md5((i + 1)::text) AS b, i * 7 AS c "
        "FROM generate_series(1, 1000000) i;"
        "GRANT SELECT ON large TO direct; ANALYZE"));
    return Bench{std::move(node), std::move(key), std::move(pgbouncer), ours, direct, theirs};
}

/// Microseconds between two transactions of pgbench -S, connections not counted.
Measured pgbench(const Door& door, const std::string& mode, int clients, const std::string& sslmode = "disable") {
    const std::string count = std::to_string(clients);
    return {door.name, [door, mode, clients, count, sslmode]() -> Result<double> {
                const auto text = TSR_TRY(runChecked(
                    {.arguments = {"pgbench", "-n", "-S", "-M", mode, "-c", count, "-j", count == "1" ? "1" : "2", "-t",
                                   std::to_string(size.transactions / clients),
                                   door.connectionString("sslmode=" + sslmode)},
                     .environment = {{"PGPASSWORD", TemporaryNode::kPassword}},
                     .standard_error = ProcessOutput::discard()},
                    kPatience));
                const std::size_t at = text.find("tps = ");
                if (at == std::string::npos) {
                    return fail(ErrorCode::kInternal, "pgbench did not measure: " + text);
                }
                return 1e6 / std::stod(text.substr(at + 6));
            }};
}

/// Processor time of the process in between, in microseconds a transaction.
Measured processorTime(pid_t process, const Door& door, const std::string& sslmode = "disable") {
    return {door.name, [process, run = pgbench(door, "prepared", 8, sslmode)]() -> Result<double> {
                const double before = TSR_TRY(processorTimeOf(process));
                TSR_TRY(run.run());
                return (TSR_TRY(processorTimeOf(process)) - before) / size.transactions;
            }};
}

Result<> benchTransactions(Bench& bench, std::vector<Row>& rows) {
    const int runs = size.runs(5);
    for (const std::string mode : {"simple", "extended", "prepared"}) {
        for (const int clients : {1, 8, 64}) {
            const auto times =
                TSR_TRY(medians({pgbench(bench.ours, mode, clients), pgbench(bench.direct, mode, clients),
                                 pgbench(bench.theirs, mode, clients)},
                                runs));
            const std::string id = mode + "_" + std::to_string(clients);
            const std::string what =
                "pgbench -S -M " + mode + ", " + std::to_string(clients) + (clients == 1 ? " client" : " clients");
            const bool many = clients > 1;
            rows.push_back({id, what, times[0], "us", bench.direct.name, times[1] / times[0],
                            many ? std::optional(0.8) : std::nullopt});
            rows.push_back({id + "_pgbouncer", "the same", times[0], "us", bench.theirs.name, times[2] / times[0],
                            many ? std::optional(1.3) : std::nullopt});
            if (clients == 1) {
                constexpr double kAllowed = 40;
                const double added = std::max(times[0] - times[1], 0.1);
                rows.push_back({id + "_added", "latency added", added, "us", "40 us", kAllowed / added, 1.0});
            }
        }
    }
    return {};
}

Result<> benchTls(Bench& bench, std::vector<Row>& rows) {
    const int runs = size.runs(5);
    for (const int clients : {1, 8}) {
        const auto times = TSR_TRY(medians({pgbench(bench.ours, "prepared", clients, "require"),
                                            pgbench(bench.theirs, "prepared", clients, "require")},
                                           runs));
        const std::string count = std::to_string(clients);
        rows.push_back({"tls_" + count, "prepared, TLS, clients: " + count, times[0], "us", "PgBouncer with TLS",
                        times[1] / times[0], 0.87});
    }
    return {};
}

Result<> benchProcessorTime(Bench& bench, std::vector<Row>& rows) {
    const int runs = size.runs(3);
    for (const std::string sslmode : {"disable", "require"}) {
        const auto times = TSR_TRY(medians({processorTime(bench.node.pid(), bench.ours, sslmode),
                                            processorTime(bench.pgbouncer->pid(), bench.theirs, sslmode)},
                                           runs));
        const bool tls = sslmode == "require";
        rows.push_back({tls ? "cpu_tls" : "cpu",
                        std::string("processor time, prepared, 8") + (tls ? ", TLS" : ""),
                        times[0],
                        "us",
                        tls ? "PgBouncer with TLS" : bench.theirs.name,
                        times[0] > 0 ? times[1] / times[0] : times[1],
                        {}});
    }
    return {};
}

/// A COPY, read and thrown away.
Contender copyOut(const Door& door, const std::string& sslmode = "disable") {
    return {door.name, [door, sslmode]() -> Result<> {
                Connection connection = TSR_TRY(door.connect(sslmode));
                const postgres::ResultHandle started(PQexec(connection.handle(), "COPY large TO STDOUT"));
                char* row = nullptr;
                while (PQgetCopyData(connection.handle(), &row, 0) > 0) {
                    PQfreemem(row);
                }
                const postgres::ResultHandle ended(PQgetResult(connection.handle()));
                if (PQresultStatus(ended.get()) != PGRES_COMMAND_OK) {
                    return postgres::errorOf(ended.get());
                }
                return {};
            }};
}

Result<> benchCopy(Bench& bench, std::vector<Row>& rows) {
    const int runs = size.runs(5);
    const auto clear = TSR_TRY(medians({copyOut(bench.ours), copyOut(bench.direct), copyOut(bench.theirs)}, runs));
    rows.push_back({"copy", "COPY out, 1 M rows, 85 MB", clear[0], "ms", bench.direct.name, clear[1] / clear[0], 0.9});
    rows.push_back({"copy_pgbouncer", "the same", clear[0], "ms", bench.theirs.name, clear[2] / clear[0], {}});
    const auto tls = TSR_TRY(medians({copyOut(bench.ours, "require"), copyOut(bench.theirs, "require")}, runs));
    rows.push_back({"copy_tls", "the same, TLS", tls[0], "ms", "PgBouncer with TLS", tls[1] / tls[0], 0.87});
    return {};
}

/// Is there memory for more backends? Each session has one of PostgreSQL's.
Result<bool> hasRoom() {
    constexpr double kReserve_MB = 2048;
    std::ifstream file("/proc/meminfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("MemAvailable:")) {
            return std::stod(line.substr(line.find(':') + 1)) / 1024 > kReserve_MB;
        }
    }
    return fail(ErrorCode::kInternal, "/proc/meminfo does not say how much memory there is");
}

struct Idle {
    int sessions = 0;
    double megabytes = 0;
};

/// By how much the process grows with sessions that do nothing: as many as wanted, or as the machine has memory for.
Result<Idle> idleMemory(pid_t process, const Door& door, int wanted, const std::string& sslmode) {
    constexpr int kStep = 100;
    const double before = TSR_TRY(memoryOf(process, "VmRSS"));
    std::vector<Connection> idle;
    while (static_cast<int>(idle.size()) < wanted && (idle.size() % kStep != 0 || TSR_TRY(hasRoom()))) {
        idle.push_back(TSR_TRY(door.connect(sslmode)));
        TSR_TRY(idle.back().execute("SELECT 1"));
    }
    return Idle{static_cast<int>(idle.size()), TSR_TRY(memoryOf(process, "VmRSS")) - before};
}

/// PostgreSQL has room for the sessions of one side only: the other's must have ended.
Result<> waitForTheirEnd(const Door& door) {
    constexpr const char* kSessions = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'";
    Connection connection = TSR_TRY(door.connect());
    const bool ended = waitUntil(
        [&] {
            const auto rows = connection.query(kSessions);
            return rows && std::stoi(*rows->values[0][0]) < 200;
        },
        kPatience);
    return ended ? Result<>() : fail(ErrorCode::kDeadlineExceeded, "the idle sessions did not end");
}

Result<> benchIdle(Bench& bench, std::vector<Row>& rows) {
    for (const std::string sslmode : {"disable", "require"}) {
        const bool tls = sslmode == "require";
        // One that keeps no sessions of the round before.
        bench.pgbouncer.reset();
        bench.pgbouncer = TSR_TRY(startPgBouncer(bench.node, bench.theirs));
        TSR_TRY(waitForTheirEnd(bench.ours));
        const Idle ours = TSR_TRY(idleMemory(bench.node.pid(), bench.ours, size.idle_sessions, sslmode));
        TSR_TRY(waitForTheirEnd(bench.ours));
        const Idle theirs = TSR_TRY(idleMemory(bench.pgbouncer->pid(), bench.theirs, ours.sessions, sslmode));
        const double allowed = 100.0 * ours.sessions / 5000;
        const std::string id = tls ? "idle_tls" : "idle";
        rows.push_back({id, std::to_string(ours.sessions) + " idle sessions" + (tls ? ", TLS" : ""), ours.megabytes,
                        "MB", std::to_string(std::lround(allowed)) + " MB", allowed / std::max(ours.megabytes, 0.1),
                        1.0});
        rows.push_back({id + "_pgbouncer",
                        "the same",
                        ours.megabytes,
                        "MB",
                        tls ? "PgBouncer with TLS" : bench.theirs.name,
                        theirs.megabytes / std::max(ours.megabytes, 0.1),
                        {}});
    }
    return {};
}

Contender firstRow(const std::string& name, const std::string& connection) {
    return {name, [connection]() -> Result<> {
                const postgres::ConnectionHandle opened(PQconnectdb(connection.c_str()));
                const postgres::ResultHandle result(PQexec(opened.get(), "SELECT 1"));
                return PQresultStatus(result.get()) == PGRES_TUPLES_OK ? Result<>() : postgres::errorOf(opened.get());
            }};
}

Result<> benchSignIn(Bench& bench, std::vector<Row>& rows) {
    const int runs = size.runs(40);
    const auto now = std::time(nullptr);
    const std::string token = makeToken(
        {{"iss", "https://login.example.org"}, {"aud", "node"}, {"sub", "ann"}, {"exp", now + 3600}, {"iat", now}},
        bench.key, "ES256");
    const std::string password = std::string(" password='") + TemporaryNode::kPassword + "'";
    Door person = bench.ours;
    person.user = "analyst";
    const auto times =
        TSR_TRY(medians({firstRow("token", person.connectionString("sslmode=require password=" + token)),
                         firstRow("password", bench.ours.connectionString("sslmode=require" + password)),
                         firstRow("direct", bench.direct.connectionString("sslmode=disable" + password))},
                        runs));
    constexpr double kAllowed = 15;
    const double added = std::max(times[0] - times[2], 0.1);
    rows.push_back(
        {"sign_in", "sign-in to first row, token, TLS", times[0], "ms", bench.direct.name, times[2] / times[0], {}});
    rows.push_back({"sign_in_added", "what that adds", added, "ms", "15 ms", kAllowed / added, 1.0});
    rows.push_back(
        {"sign_in_scram", "the same, SCRAM-SHA-256-PLUS", times[1], "ms", bench.direct.name, times[2] / times[1], {}});
    return {};
}

/// What it costs that every statement is written down: two nodes, of which one does.
Result<> benchAudit(Bench& bench, std::vector<Row>& rows) {
    const int runs = size.runs(5);
    TemporaryNode node = TSR_TRY(TemporaryNode::prepare({.yaml = std::string(kYaml) + "audit: {statements: true}\n"}));
    writeFile(node.folder() / "keys.json", jwkSet({&bench.key}));
    writeFile(node.folder() / "init" / "nothing.sql", "");
    TSR_TRY(node.launch());
    const Door audited{"a node that writes nothing down", "127.0.0.1", node.port(), TemporaryNode::kUser};
    TSR_TRY(fillForPgbench(audited));
    for (const int clients : {1, 8}) {
        const auto times =
            TSR_TRY(medians({pgbench(audited, "prepared", clients), pgbench(bench.ours, "prepared", clients)}, runs));
        const std::string count = std::to_string(clients);
        rows.push_back({"audit_" + count,
                        "prepared, audited, clients: " + count,
                        times[0],
                        "us",
                        audited.name,
                        times[1] / times[0],
                        {}});
    }
    return {};
}

struct Part {
    const char* name;
    Result<> (*run)(Bench&, std::vector<Row>&);
};

constexpr Part kParts[] = {{"transactions", benchTransactions},
                           {"processor", benchProcessorTime},
                           {"tls", benchTls},
                           {"copy", benchCopy},
                           {"audit", benchAudit},
                           {"sign-in", benchSignIn},
                           {"idle", benchIdle}};

/// Thousands of sessions are as many descriptors, here and in PgBouncer, which inherits the limit.
void allowManyFiles() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)::setrlimit(RLIMIT_NOFILE, &files);
    }
}

/// All parts, or those that are named; "agent" has servers of its own. "--short": once each, and less of it.
Result<> run(std::vector<std::string> wanted) {
    if (std::erase(wanted, "--short") > 0) {
        size = {.transactions = 640, .idle_sessions = 100, .is_short = true};
    }
    for (const std::string& name : wanted) {
        if (name != "agent" &&
            std::none_of(std::begin(kParts), std::end(kParts), [&](const Part& part) { return part.name == name; })) {
            return fail(ErrorCode::kInvalidArgument, "there is no part '" + name + "'",
                        "transactions, processor, tls, copy, audit, sign-in, idle, agent; or --short");
        }
    }
    allowManyFiles();
    const auto is_wanted = [&](const std::string& name) {
        return wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    };
    std::vector<Row> rows;
    if (std::any_of(std::begin(kParts), std::end(kParts), [&](const Part& part) { return is_wanted(part.name); })) {
        Bench bench = TSR_TRY(start());
        for (const Part& part : kParts) {
            if (is_wanted(part.name)) {
                std::fprintf(stderr, "%s\n", part.name);
                TSR_TRY(part.run(bench, rows));
            }
        }
    }
    if (is_wanted("agent")) {
        TSR_TRY(benchAgent(rows, size.is_short));
    }
    return report(size.is_short ? "gateway-short" : "gateway", rows);
}

}  // namespace
}  // namespace tessera::bench

int main(int argc, char** argv) {
    const tessera::Result<> done = tessera::bench::run({argv + 1, argv + argc});
    if (!done) {
        std::fprintf(stderr, "bench: %s\n", done.error().describe().c_str());
        return 1;
    }
}

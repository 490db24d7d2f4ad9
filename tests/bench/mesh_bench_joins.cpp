/// The nodes "shop" and "crm" hold a table each; "center" joins them, as a PostgreSQL with postgres_fdw does beside it.
/// Both reach the two over the same links, and the shop reaches the crm over a third one.

#include "nodeservice/postgres/connection.h"
#include "tests/bench/mesh_bench.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/temporary_node.h"
#include "tests/support/temporary_postgres.h"
#include "tests/support/token_maker.h"

#include <cstdio>
#include <ctime>
#include <memory>

namespace tessera::bench {
namespace {

namespace fs = std::filesystem;
using postgres::Connection;

constexpr LinkSpeed kGigabit{std::chrono::milliseconds(1), 125'000'000};
constexpr LinkSpeed kNoDelay{};
constexpr const char* kStock = "postgres_fdw, fetch_size 10000";

/// Of the people one in a hundred is in each segment.
constexpr const char* kSelective =
    "SELECT p.region, count(*), sum(o.amount) FROM shop.orders o JOIN crm.people p ON p.id = o.person "
    "WHERE p.segment < 10 GROUP BY p.region ORDER BY p.region";
constexpr const char* kOfAll =
    "SELECT p.region, count(*), sum(o.amount) FROM shop.orders o JOIN crm.people p ON p.id = o.person "
    "GROUP BY p.region ORDER BY p.region";

struct Mesh {
    SigningKey key = SigningKey::p256("k1");
    std::optional<TemporaryNode> shop;
    std::optional<TemporaryNode> crm;
    std::optional<TemporaryNode> center;
    std::unique_ptr<FaultProxy> to_shop;
    std::unique_ptr<FaultProxy> to_crm;
    std::unique_ptr<FaultProxy> between;
    std::optional<TemporaryPostgres> stock;

    void setSpeed(LinkSpeed speed) const {
        for (const auto* link : {&to_shop, &to_crm, &between}) {
            (*link)->setSpeed(speed);
        }
    }

    std::string token() const {
        constexpr int kValid_s = 4 * 3600;
        const auto now = std::time(nullptr);
        return makeToken({{"iss", "https://login.example.org"},
                          {"aud", "mesh"},
                          {"sub", "ann"},
                          {"exp", now + kValid_s},
                          {"iat", now}},
                         key, "ES256");
    }

    Result<Connection> ours() const {
        return Connection::open({.host = "127.0.0.1",
                                 .port = center->port(),
                                 .user = "analyst",
                                 .password = token(),
                                 .database = "tessera",
                                 .more = {{"sslmode", "disable"}}});
    }
};

/// What has come to the one who asks, and what the shop has read at the crm.
struct Moved {
    std::uint64_t to_center = 0;
    std::uint64_t between = 0;
};

Moved movedIn(const Mesh& mesh) {
    const LinkBytes between = mesh.between->bytes();
    return {mesh.to_shop->bytes().from_target + mesh.to_crm->bytes().from_target, between.from_target};
}

Result<> makeCertificate(const fs::path& folder) {
    TSR_TRY(runChecked(
        {.arguments = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                       "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                       "-keyout", (folder / "node.key").string(), "-out", (folder / "node.pem").string()},
         .standard_error = ProcessOutput::discard()},
        std::chrono::seconds(60)));
    fs::permissions(folder / "node.key", fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
    return {};
}

Result<TemporaryNode> prepareNode(const std::string& name, const SigningKey& key) {
    auto node = TSR_TRY(TemporaryNode::prepare(
        {.name = name, .listen = "tls_certificate: @FOLDER@/node.pem, tls_key: @FOLDER@/node.key"}));
    writeFile(node.folder() / "keys.json", jwkSet({&key}));
    return node;
}

/// Who signs people in, and the nodes that may bring them.
std::string identityYaml(const std::vector<std::pair<std::string, std::uint16_t>>& others) {
    std::string names;
    std::string list;
    for (const auto& [name, port] : others) {
        names += (names.empty() ? "" : ", ") + name;
        list += "    - {name: " + name + ", jwks_url: \"https://127.0.0.1:" + std::to_string(port) +
                "/.well-known/jwks.json\", ca_file: \"@FOLDER@/node.pem\"}\n";
    }
    return "identity:\n  issuers: [{name: corp, issuer: https://login.example.org, jwks_file: \"@FOLDER@/keys.json\", "
           "algorithms: [ES256], audiences: [mesh]}]\n  roles:\n    - {role: analyst, issuer: corp, nodes: [" +
           names + "]}\n  nodes:\n" + list;
}

std::string peerYaml(const std::string& name, std::uint16_t port) {
    return "  - {name: " + name +
           ", people: delegate, tls_ca: \"@FOLDER@/node.pem\", address: \"127.0.0.1:" + std::to_string(port) +
           "\", user: " + TemporaryNode::kUser + ", password: " + TemporaryNode::kPassword +
           ", import: [{schema: " + name + ", into: " + name + "}]}\n";
}

std::string initSql(const std::string& schema, const std::string& table) {
    return "CREATE SCHEMA IF NOT EXISTS " + schema + "; CREATE TABLE IF NOT EXISTS " + schema + "." + table +
           "; ALTER TABLE " + schema + "." + table.substr(0, table.find('(')) + " OWNER TO " + TemporaryNode::kUser +
           "; GRANT USAGE ON SCHEMA " + schema +
           " TO tessera_user, tessera_reader; GRANT SELECT ON ALL TABLES IN SCHEMA " + schema +
           " TO tessera_user, tessera_reader;";
}

Result<> fill(const TemporaryNode& node, const std::string& table, const std::string& rows) {
    Connection connection = TSR_TRY(node.connect());
    TSR_TRY(connection.execute("INSERT INTO " + table + " " + rows));
    // PostgreSQL writes the first reader's hint bits: not while it is measured.
    return connection.execute("VACUUM ANALYZE " + table);
}

Result<> startHolders(Mesh& mesh, const MeshSize& size) {
    const fs::path& first = mesh.shop->folder();
    TSR_TRY(makeCertificate(first));
    for (const auto* other : {&*mesh.crm, &*mesh.center}) {
        fs::copy_file(first / "node.key", other->folder() / "node.key");
        fs::copy_file(first / "node.pem", other->folder() / "node.pem");
    }
    writeFile(mesh.crm->folder() / "init/10.sql",
              initSql("crm", "people(id int PRIMARY KEY, name text, region int, segment int)"));
    writeFile(mesh.shop->folder() / "init/10.sql",
              initSql("shop", "orders(id int PRIMARY KEY, person int, amount numeric(10,2), ordered date)"));
    mesh.crm->setYaml(identityYaml({{"shop", mesh.shop->port()}, {"center", mesh.center->port()}}) + "init: init\n");
    TSR_TRY(mesh.crm->launch());
    const std::string people = std::to_string(size.people);
    TSR_TRY(fill(*mesh.crm, "crm.people",
                 "SELECT i, 'person ' || i, i % 50, (i / 7) % 100 FROM generate_series(1, " + people + ") i"));
    mesh.shop->setYaml(identityYaml({{"crm", mesh.crm->port()}, {"center", mesh.center->port()}}) +
                       "init: init\npeers:\n" + peerYaml("crm", mesh.between->port()));
    TSR_TRY(mesh.shop->launch());
    return fill(*mesh.shop, "shop.orders",
                "SELECT i, 1 + (i::bigint * 7919 % " + people +
                    ")::int, (i % 100000) / 4.0, date '2020-01-01' + i % 2000 "
                    "FROM generate_series(1, " +
                    std::to_string(size.orders) + ") i");
}

/// postgres_fdw over the same links, within TLS as ours.
Result<> startStock(Mesh& mesh) {
    mesh.stock.emplace(TSR_TRY(TemporaryPostgres::start()));
    std::string sql = "CREATE EXTENSION postgres_fdw; CREATE SCHEMA shop; CREATE SCHEMA crm;";
    for (const auto& [name, port] : {std::pair("shop", mesh.to_shop->port()), std::pair("crm", mesh.to_crm->port())}) {
        sql += std::string("CREATE SERVER ") + name +
               " FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', dbname 'tessera', sslmode 'require', "
               "fetch_size '10000', port '" +
               std::to_string(port) + "'); CREATE USER MAPPING FOR CURRENT_USER SERVER " + name + " OPTIONS (user '" +
               TemporaryNode::kUser + "', password '" + TemporaryNode::kPassword + "'); IMPORT FOREIGN SCHEMA " + name +
               " FROM SERVER " + name + " INTO " + name + ";";
    }
    return mesh.stock->execute(sql + "ANALYZE shop.orders; ANALYZE crm.people;");
}

Result<std::unique_ptr<Mesh>> start(const MeshSize& size) {
    auto mesh = std::make_unique<Mesh>();
    mesh->shop.emplace(TSR_TRY(prepareNode("shop", mesh->key)));
    mesh->crm.emplace(TSR_TRY(prepareNode("crm", mesh->key)));
    mesh->center.emplace(TSR_TRY(prepareNode("center", mesh->key)));
    mesh->to_shop = std::make_unique<FaultProxy>(mesh->shop->port());
    mesh->to_crm = std::make_unique<FaultProxy>(mesh->crm->port());
    mesh->between = std::make_unique<FaultProxy>(mesh->crm->port());
    std::fprintf(stderr, "filling tables of %d and %d rows\n", size.orders, size.people);
    TSR_TRY(startHolders(*mesh, size));
    mesh->center->setYaml(identityYaml({{"crm", mesh->crm->port()}, {"shop", mesh->shop->port()}}) + "peers:\n" +
                          peerYaml("shop", mesh->to_shop->port()) + peerYaml("crm", mesh->to_crm->port()));
    TSR_TRY(mesh->center->launch());
    TSR_TRY(startStock(*mesh));
    return mesh;
}

std::string textOf(const postgres::Rows& rows) {
    std::string text;
    for (const auto& row : rows.values) {
        for (const auto& value : row) {
            text += value.value_or("NULL") + "|";
        }
        text += "\n";
    }
    return text;
}

/// What a run took and moved.
struct Run {
    double ms = 0;
    Moved moved;
    std::string rows;
};

/// The median by time, after one that is not counted.
Result<Run> measure(const Mesh& mesh, Connection& connection, const std::string& sql, int runs) {
    std::vector<Run> found;
    for (int i = -1; i < runs; ++i) {
        const Moved before = movedIn(mesh);
        const auto begin = std::chrono::steady_clock::now();
        const auto rows = TSR_TRY(connection.query(sql));
        const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
        const Moved after = movedIn(mesh);
        if (i >= 0) {
            found.push_back(
                {took.count(), {after.to_center - before.to_center, after.between - before.between}, textOf(rows)});
        }
    }
    const auto middle = found.begin() + static_cast<std::ptrdiff_t>(found.size() / 2);
    std::nth_element(found.begin(), middle, found.end(), [](const Run& a, const Run& b) { return a.ms < b.ms; });
    return *middle;
}

double kilobytes(std::uint64_t bytes) {
    return static_cast<double>(bytes) / 1000;
}

/// One statement three ways: delegated, with the rest of what we have, and stock.
Result<> benchJoin(const Mesh& mesh, const MeshSize& size, const std::string& id, const std::string& what,
                   const std::string& sql, std::vector<Row>& rows) {
    Connection ours = TSR_TRY(mesh.ours());
    Connection stock = TSR_TRY(mesh.stock->connect());
    TSR_TRY(ours.execute("SET tessera.delegated_joins = auto"));
    const std::string plan = textOf(TSR_TRY(ours.query("EXPLAIN (VERBOSE) " + sql)));
    const bool is_chosen = plan.find("tessera.peer_rows") != std::string::npos;
    TSR_TRY(ours.execute("SET tessera.delegated_joins = force"));
    const Run delegated = TSR_TRY(measure(mesh, ours, sql, size.runs));
    TSR_TRY(ours.execute("SET tessera.delegated_joins = off"));
    // What pulls tens of millions of rows is run once, after one that is not counted.
    const Run here = TSR_TRY(measure(mesh, ours, sql, 1));
    const Run pulled = TSR_TRY(measure(mesh, stock, sql, 1));
    if (delegated.rows != here.rows || delegated.rows != pulled.rows) {
        return fail(ErrorCode::kInternal, "different rows: " + delegated.rows + here.rows + pulled.rows);
    }
    std::fprintf(stderr, "%s: %s by the costs\n%s", id.c_str(), is_chosen ? "delegated" : "not delegated",
                 is_chosen ? "" : plan.c_str());
    const double to_center = kilobytes(delegated.moved.to_center);
    rows.push_back({id + "_bytes", what + ": kB to the coordinator", to_center, "kB", kStock,
                    kilobytes(pulled.moved.to_center) / to_center, 100.0});
    rows.push_back({id, what, delegated.ms, "ms", kStock, pulled.ms / delegated.ms, 4.0});
    rows.push_back({id + "_here", "the same", delegated.ms, "ms", "ours, not delegated", here.ms / delegated.ms, {}});
    rows.push_back({id + "_between",
                    "the same: kB between the two",
                    kilobytes(delegated.moved.between),
                    "kB",
                    "ours, not delegated, kB here",
                    kilobytes(here.moved.to_center) / kilobytes(delegated.moved.between),
                    {}});
    return {};
}

/// One order by its key, through the node and through postgres_fdw.
Result<> benchLookUps(const Mesh& mesh, const MeshSize& size, const std::string& link, std::vector<Row>& rows) {
    const fs::path script =
        writeFile(mesh.center->folder() / "lookup.sql", "\\set id random(1, " + std::to_string(size.orders) +
                                                            ")\nSELECT amount FROM shop.orders WHERE id = :id;\n");
    const PgbenchTarget ours{
        "through the node",
        "host=127.0.0.1 dbname=tessera user=analyst sslmode=disable port=" + std::to_string(mesh.center->port()),
        mesh.token()};
    const PgbenchTarget direct{
        "postgres_fdw", "host=127.0.0.1 dbname=postgres user=postgres port=" + std::to_string(mesh.stock->port()),
        TemporaryPostgres::kPassword};
    for (const int clients : {1, 8}) {
        const auto times = TSR_TRY(
            medians({pgbenchOf(ours, script, clients, size.seconds), pgbenchOf(direct, script, clients, size.seconds)},
                    size.runs));
        rows.push_back({"lookup_" + link + "_" + std::to_string(clients),
                        "look-up by key, " + link + ", clients: " + std::to_string(clients), times[0], "us",
                        "postgres_fdw", times[1] / times[0], 0.8});
    }
    return {};
}

}  // namespace

Result<> benchJoins(const MeshSize& size, std::vector<Row>& rows) {
    const auto mesh = TSR_TRY(start(size));
    mesh->setSpeed(kGigabit);
    TSR_TRY(benchJoin(*mesh, size, "join_selective", "join with a tenth of the people", kSelective, rows));
    TSR_TRY(benchJoin(*mesh, size, "join_all", "join with all people", kOfAll, rows));
    TSR_TRY(benchLookUps(*mesh, size, "1 ms", rows));
    mesh->setSpeed(kNoDelay);
    return benchLookUps(*mesh, size, "no delay", rows);
}

}  // namespace tessera::bench

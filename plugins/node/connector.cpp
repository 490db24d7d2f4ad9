/// The connector `node`: what another Tessera node offers, its foreign tables, tables and views, through the node's
/// PostgreSQL. The far node plans the statement again, and pushes down what it can. docs/connectors/node.md has the
/// options.

#include "plugins/postgres/session.h"
#include "plugins/sdk/connector_base.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace tessera::node_connector {

namespace {

/// A node's database, unless it is told otherwise.
constexpr const char* kDatabase = "tessera";

constexpr TsrOptionSpec kName = {"node", TSR_SCOPE_SERVER, false, false, "its name, for messages (default: host:port)"};

/// What a node decides for itself.
constexpr std::array<std::string_view, 3> kLeftOut = {"options", "target_session_attrs", "krbsrvname"};

std::span<const TsrOptionSpec> optionSpecs() {
    static const std::vector<TsrOptionSpec> kSpecs = [] {
        std::vector<TsrOptionSpec> specs = {kName};
        for (TsrOptionSpec spec : postgres_connector::optionSpecs()) {
            if (std::find(kLeftOut.begin(), kLeftOut.end(), spec.name) != kLeftOut.end()) {
                continue;
            }
            const std::string_view name = spec.name;
            if (name == "dbname") {
                spec.description = "the node's database (default tessera)";
            }
            spec.required = name == "host" || name == "port" || name == "user";
            specs.push_back(spec);
        }
        return specs;
    }();
    return kSpecs;
}

Result<std::unique_ptr<sdk::Session>> open(const TsrHost& host, const sdk::Options& options) {
    const std::string address = options.get("host", options.get("hostaddr", "")) + ":" + options.get("port", "");
    const auto name = options.find("node");
    std::vector<TsrOption> given;
    if (!options.find("dbname")) {
        given.push_back({"dbname", kDatabase});
    }
    for (const auto& [key, value] : options.all()) {
        if (key != "node") {
            given.push_back({key.c_str(), value.c_str()});
        }
    }
    return postgres_connector::openSession(host, sdk::Options(given.data(), given.size()),
                                           name ? "node '" + *name + "' at " + address : "the node at " + address,
                                           false);
}

}  // namespace

}  // namespace tessera::node_connector

TESSERA_CONNECTOR(node, "1.0", "postgres", tessera::node_connector::optionSpecs(), &tessera::node_connector::open,
                  &tessera::postgres_connector::relationOf, true)

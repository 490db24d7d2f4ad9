/// The connector `node`: what another Tessera node offers, its foreign tables, tables and views, through the node's
/// PostgreSQL. The far node plans the statement again, and pushes down what it can. docs/connectors/node.md has the
/// options.

#include "plugins/postgres/session.h"
#include "plugins/sdk/boundary.h"
#include "plugins/sdk/connector_base.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::node_connector {

namespace {

/// A node's database, unless it is told otherwise.
constexpr const char* kDatabase = "tessera";
/// What reads or writes at a node that hangs fails after twice that.
constexpr const char* kProbeAfter_s = "5";

constexpr TsrOptionSpec kOwn[] = {
    {"node", TSR_SCOPE_SERVER, false, false, "its name, for messages (default: host:port)"},
    {"delegate", TSR_SCOPE_SERVER, false, false,
     "the name that it has for itself: people are signed in there as themselves, by tokens that this node makes for "
     "it"},
    {"role", TSR_SCOPE_SERVER, false, false,
     "with delegate: the role at the peer (default token: the first that the person's claims give)"},
};

/// For TLS: the certificate must be the peer's before a token is shown to it.
constexpr const char* kSafeMode = "verify-full";
constexpr std::size_t kMostTokenBytes = 16 * 1024;

/// What a node decides for itself.
constexpr std::array<std::string_view, 3> kLeftOut = {"options", "target_session_attrs", "krbsrvname"};

std::span<const TsrOptionSpec> optionSpecs() {
    static const std::vector<TsrOptionSpec> kSpecs = [] {
        std::vector<TsrOptionSpec> specs(std::begin(kOwn), std::end(kOwn));
        for (TsrOptionSpec spec : postgres_connector::optionSpecs()) {
            if (std::find(kLeftOut.begin(), kLeftOut.end(), spec.name) != kLeftOut.end()) {
                continue;
            }
            const std::string_view name = spec.name;
            if (name == "dbname") {
                spec.description = "the node's database (default tessera)";
            }
            if (name == "probe_after") {
                spec.description =
                    "seconds of silence, while an answer is waited for, after which the node is asked by another "
                    "connection whether it is there; after as many again without an answer the statement fails "
                    "(default 5; 0: never)";
            }
            if (name == "user") {
                spec.description = "role to sign in as; required without delegate";
            }
            spec.required = name == "host" || name == "port";
            specs.push_back(spec);
        }
        return specs;
    }();
    return kSpecs;
}

/// A session of the person's own: a new token each time, as each serves once.
Result<> signInAsThePerson(const TsrHost& host, const sdk::Options& options, const std::string& audience,
                           std::vector<std::pair<std::string, std::string>>& given) {
    if (host.struct_size <= offsetof(TsrHost, delegate) || host.delegate == nullptr) {
        return fail(ErrorCode::kFailedPrecondition, "there is nobody here who could be passed on");
    }
    const std::string mode = options.get("sslmode", kSafeMode);
    if (mode != kSafeMode && mode != "verify-ca") {
        Error error = fail(ErrorCode::kInvalidArgument, "with 'delegate', 'sslmode' must be verify-full or verify-ca",
                           "name the authority of the peer's certificate as 'sslrootcert'");
        error.sqlstate = "HV00D";
        return error;
    }
    std::vector<char> token(kMostTokenBytes + 1);
    TsrError error{};
    if (host.delegate(&host, audience.c_str(), token.data(), token.size(), &error) != TSR_OK) {
        return sdk::fromReport(error);
    }
    if (!options.find("sslmode")) {
        given.emplace_back("sslmode", kSafeMode);
    }
    given.emplace_back("user", options.get("role", "token"));
    given.emplace_back("password", token.data());
    return {};
}

Result<std::unique_ptr<sdk::Session>> open(const TsrHost& host, const sdk::Options& options) {
    const std::string address = options.get("host", options.get("hostaddr", "")) + ":" + options.get("port", "");
    const auto name = options.find("node");
    const std::string source = name ? "node '" + *name + "' at " + address : "the node at " + address;
    std::vector<std::pair<std::string, std::string>> given;
    if (!options.find("dbname")) {
        given.emplace_back("dbname", kDatabase);
    }
    if (!options.find("probe_after")) {
        given.emplace_back("probe_after", kProbeAfter_s);
    }
    for (const auto& [key, value] : options.all()) {
        const bool is_own = std::any_of(std::begin(kOwn), std::end(kOwn),
                                        [&key](const TsrOptionSpec& spec) { return key == spec.name; });
        if (!is_own) {
            given.emplace_back(key, value);
        }
    }
    // A user is the node's own: for import and statistics, which are nobody's.
    const auto audience = options.find("delegate");
    if (audience && !options.find("user")) {
        if (auto done = signInAsThePerson(host, options, *audience, given); !done) {
            return std::move(done).error().withContext(source);
        }
    } else {
        (void)TSR_TRY(options.require("user"));
    }
    std::vector<TsrOption> passed;
    for (const auto& [key, value] : given) {
        passed.push_back({key.c_str(), value.c_str()});
    }
    return postgres_connector::openSession(host, sdk::Options(passed.data(), passed.size()), source, false);
}

}  // namespace

}  // namespace tessera::node_connector

TESSERA_CONNECTOR(node, "1.0", "postgres", tessera::node_connector::optionSpecs(), &tessera::node_connector::open,
                  &tessera::postgres_connector::relationOf, true)

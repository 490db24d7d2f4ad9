/// docs/connectors/NAME.md has the options that the connector really takes. To write them anew:
/// TESSERA_UPDATE_DOCS=1 build/dev/bin/tessera_conformance_test --gtest_filter='*Documents*'

#include "tests/conformance/connector_client.h"
#include "tests/conformance/documented.h"
#include "tests/conformance/source.h"

namespace tessera::conformance {
namespace {

std::string placesOf(std::uint32_t scopes) {
    const std::pair<std::uint32_t, const char*> names[] = {{TSR_SCOPE_SERVER, "server"},
                                                           {TSR_SCOPE_USER, "user mapping"},
                                                           {TSR_SCOPE_TABLE, "table"},
                                                           {TSR_SCOPE_COLUMN, "column"}};
    std::string places;
    for (const auto& [scope, name] : names) {
        if ((scopes & scope) != 0) {
            places += (places.empty() ? "" : ", ") + std::string(name);
        }
    }
    return places;
}

std::string optionsTable(const TsrConnector& connector) {
    std::string table = "| option | where | meaning |\n|---|---|---|\n";
    for (std::size_t i = 0; i < connector.option_count; ++i) {
        const TsrOptionSpec& option = connector.options[i];
        table += "| `" + std::string(option.name) + "` | " + placesOf(option.scopes) +
                 (option.required ? ", required" : "") + (option.secret ? ", secret" : "") + " | " +
                 option.description + " |\n";
    }
    return table;
}

TEST_P(ConnectorConformance, DocumentsItsOptions) {
    const auto loaded = loadBuiltConnector(source().connector());
    ASSERT_TRUE(loaded) << loaded.error().describe();
    expectDocumented(source().connector(), "options", optionsTable(**loaded));
}

}  // namespace
}  // namespace tessera::conformance

/// docs/connectors/NAME.md has the options that the connector really takes. To write them anew:
/// TESSERA_UPDATE_DOCS=1 build/dev/bin/tessera_conformance_test --gtest_filter='*Documents*'

#include "tests/conformance/connector_client.h"
#include "tests/conformance/source.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace tessera::conformance {
namespace {

constexpr const char* kBegin = "<!-- options: made from the connector's own list -->\n";
constexpr const char* kEnd = "<!-- end of options -->\n";

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
    const std::string file = std::string(TSR_SOURCE_DIR) + "/docs/connectors/" + source().connector() + ".md";
    std::stringstream read;
    read << std::ifstream(file).rdbuf();
    std::string page = read.str();
    const std::size_t begin = page.find(kBegin);
    const std::size_t end = page.find(kEnd);
    ASSERT_TRUE(begin != std::string::npos && end != std::string::npos) << file << " has no place for the options";
    const std::size_t first = begin + std::string_view(kBegin).size();
    const std::string expected = optionsTable(**loaded);
    if (std::getenv("TESSERA_UPDATE_DOCS") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
        std::ofstream(file) << page.replace(first, end - first, expected);
        return;
    }
    EXPECT_EQ(page.substr(first, end - first), expected) << "in " << file;
}

}  // namespace
}  // namespace tessera::conformance

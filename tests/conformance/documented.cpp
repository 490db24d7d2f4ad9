#include "tests/conformance/documented.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace tessera::conformance {

void expectDocumented(const std::string& connector, const std::string& part, const std::string& expected) {
    const std::string file = std::string(TSR_SOURCE_DIR) + "/docs/connectors/" + connector + ".md";
    std::stringstream read;
    read << std::ifstream(file).rdbuf();
    std::string page = read.str();
    const std::size_t begin = page.find("<!-- " + part + ": ");
    const std::size_t end = page.find("<!-- end of " + part + " -->\n");
    ASSERT_TRUE(begin != std::string::npos && end != std::string::npos) << file << " has no place for the " << part;
    const std::size_t first = page.find('\n', begin) + 1;
    if (std::getenv("TESSERA_UPDATE_DOCS") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
        std::ofstream(file) << page.replace(first, end - first, expected);
        return;
    }
    EXPECT_EQ(page.substr(first, end - first), expected)
        << "in " << file << "; TESSERA_UPDATE_DOCS=1 with this test writes it anew";
}

}  // namespace tessera::conformance

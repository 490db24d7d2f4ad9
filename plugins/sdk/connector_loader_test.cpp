#include "plugins/sdk/connector_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace tessera::sdk {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

Error errorOf(std::string_view name) {
    ConnectorLoader loader(TSR_TEST_CONNECTOR_DIR);
    const auto loaded = loader.load(name);
    return loaded ? fail(ErrorCode::kOk, "it was loaded") : loaded.error();
}

TEST(ConnectorLoaderTest, LoadsAConnectorOnce) {
    ConnectorLoader loader(TSR_TEST_CONNECTOR_DIR);
    const auto first = loader.load("good");
    ASSERT_TRUE(first) << first.error().describe();
    EXPECT_STREQ((*first)->name, "good");
    const auto second = loader.load("good");
    ASSERT_TRUE(second);
    EXPECT_EQ(*first, *second);
}

TEST(ConnectorLoaderTest, ListsWhatTheFolderHas) {
    EXPECT_THAT(ConnectorLoader(TSR_TEST_CONNECTOR_DIR).available(), AllOf(Contains("good"), Contains("no_entry")));
    EXPECT_TRUE(ConnectorLoader("/nowhere/at/all").available().empty());
}

TEST(ConnectorLoaderTest, NamesAMissingFileAndTheNearestConnector) {
    const Error error = errorOf("godo");
    EXPECT_EQ(error.code, ErrorCode::kNotFound);
    EXPECT_THAT(error.message, HasSubstr("libtessera_godo.so"));
    EXPECT_THAT(error.hint, HasSubstr("good"));
}

TEST(ConnectorLoaderTest, RefusesNamesThatLeadOutOfTheFolder) {
    EXPECT_EQ(errorOf("../good").code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(errorOf("").code, ErrorCode::kInvalidArgument);
}

TEST(ConnectorLoaderTest, RefusesAFileThatIsNoLibrary) {
    const auto directory = std::filesystem::temp_directory_path() / ("tessera_loader_" + std::to_string(getpid()));
    std::filesystem::create_directories(directory);
    std::ofstream(directory / "libtessera_text.so") << "not a library";
    ConnectorLoader loader(directory);
    const auto loaded = loader.load("text");
    std::filesystem::remove_all(directory);
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().message, HasSubstr("libtessera_text.so"));
}

TEST(ConnectorLoaderTest, RefusesALibraryThatIsNoConnector) {
    EXPECT_THAT(errorOf("no_entry").message,
                AllOf(HasSubstr("libtessera_no_entry.so"), HasSubstr("tessera_connector()")));
}

TEST(ConnectorLoaderTest, RefusesAnotherAbi) {
    EXPECT_THAT(errorOf("other_abi").message,
                AllOf(HasSubstr("libtessera_other_abi.so"), HasSubstr("connector ABI 99")));
}

TEST(ConnectorLoaderTest, RefusesATableThatIsTooSmall) {
    EXPECT_THAT(errorOf("small").message, HasSubstr("has 64 bytes"));
}

TEST(ConnectorLoaderTest, RefusesATableWithAMissingFunction) {
    EXPECT_THAT(errorOf("hollow").message, HasSubstr("missing"));
}

TEST(ConnectorLoaderTest, RefusesAFileWithAnotherConnectorsName) {
    EXPECT_THAT(errorOf("renamed").message, HasSubstr("calls itself 'original'"));
}

}  // namespace
}  // namespace tessera::sdk

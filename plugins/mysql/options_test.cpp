#include "plugins/mysql/options.h"

#include "plugins/sdk/test_support.h"

#include <gtest/gtest.h>

namespace tessera::mysql {
namespace {

using sdk::test::OptionList;

TEST(MysqlOptions, DefaultsAndPlaces) {
    const auto tcp = readOptions(OptionList{{"user", "u"}, {"host", "db.example.com"}, {"port", "3307"}});
    ASSERT_TRUE(tcp);
    EXPECT_EQ(tcp->where(), "db.example.com:3307");
    EXPECT_EQ(tcp->ssl_mode, SslMode::kDisable);
    EXPECT_EQ(readOptions(OptionList{{"user", "u"}, {"socket", "/run/x.sock"}})->where(), "/run/x.sock");
    EXPECT_EQ(readOptions(OptionList{{"user", "u"}, {"sslrootcert", "/ca.pem"}})->ssl_mode, SslMode::kVerifyFull);
}

TEST(MysqlOptions, BadValuesNameTheOption) {
    EXPECT_EQ(readOptions(OptionList{}).error().message, "option 'user' is required");
    EXPECT_FALSE(readOptions(OptionList{{"user", "u"}, {"port", "0"}}));
    EXPECT_EQ(readOptions(OptionList{{"user", "u"}, {"zero_dates", "zero"}}).error().message,
              "option 'zero_dates' must be one of error, null, not 'zero'");
    EXPECT_FALSE(readOptions(OptionList{{"user", "u"}, {"sslmode", "maybe"}}));
}

}  // namespace
}  // namespace tessera::mysql

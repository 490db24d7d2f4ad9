#include "common/base64.h"

#include <gtest/gtest.h>

namespace tessera {
namespace {

TEST(Base64, IsRfc4648s) {
    const std::pair<std::string, std::string> cases[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"foobar", "Zm9vYmFy"},
                                                         {"\xff\xfe", "//4="}};
    for (const auto& [bytes, text] : cases) {
        EXPECT_EQ(encodeBase64(bytes), text);
        EXPECT_EQ(decodeBase64(text), bytes);
    }
    EXPECT_EQ(decodeBase64("Zg"), "f");
}

TEST(Base64, RefusesWhatIsNotCanonical) {
    for (const char* text : {"Z", "Zg=", "Zg===", "Zh==", "Zm9=", "Z g=", "Zg==Zg==", "=", "Zm8-"}) {
        EXPECT_FALSE(decodeBase64(text)) << text;
    }
}

}  // namespace
}  // namespace tessera

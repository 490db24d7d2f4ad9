#include "nodeservice/gateway/http2_guard.h"

#include <gtest/gtest.h>

#include <string>

namespace tessera::gateway {
namespace {

const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string frame(int type, int flags, std::size_t bytes) {
    std::string text;
    for (const std::size_t value : {bytes >> 16, bytes >> 8, bytes}) {
        text += static_cast<char>(value & 255);
    }
    text += static_cast<char>(type);
    text += static_cast<char>(flags);
    return text + std::string(4, '\1') + std::string(bytes, 'x');
}

std::string times(int count, const std::string& text) {
    std::string all;
    for (int i = 0; i < count; ++i) {
        all += text;
    }
    return all;
}

std::string_view feedAll(const std::string& bytes) {
    Http2Guard guard;
    return guard.feed(kPreface + bytes, {});
}

TEST(Http2Guard, LetsOrdinaryClientsPassInAnyPieces) {
    const std::string bytes = kPreface + frame(4, 0, 18) + frame(1, 4, 300) + frame(0, 0, 60000) + frame(0, 1, 0) +
                              frame(1, 0, 16000) + frame(9, 0, 16000) + frame(9, 4, 100) + frame(3, 0, 4) +
                              frame(6, 0, 8) + frame(8, 0, 4);
    Http2Guard whole;
    EXPECT_EQ(whole.feed(bytes, {}), "");
    Http2Guard single;
    for (const char byte : bytes) {
        ASSERT_EQ(single.feed({&byte, 1}, {}), "");
    }
}

TEST(Http2Guard, EndsFloods) {
    EXPECT_EQ(feedAll(times(Http2Guard::kMaxResets, frame(3, 0, 4))), "");
    EXPECT_EQ(feedAll(times(Http2Guard::kMaxResets + 1, frame(3, 0, 4))), "too many resets");
    EXPECT_EQ(feedAll(times(Http2Guard::kMaxControl + 1, frame(6, 0, 8))), "too many control frames");
    EXPECT_EQ(feedAll(times(Http2Guard::kMaxControl + 1, frame(4, 0, 0))), "too many control frames");
    EXPECT_EQ(feedAll(times(Http2Guard::kMaxControl + 1, frame(0, 0, 0))), "too many empty frames");
    EXPECT_EQ(feedAll(times(Http2Guard::kMaxStreams + 1, frame(1, 4, 1))), "too many streams");
    EXPECT_EQ(feedAll(frame(1, 0, 10) + times(17, frame(9, 0, 0))), "headers too large");
    EXPECT_EQ(feedAll(frame(1, 4, Http2Guard::kMaxHeaderBlock + 1)), "headers too large");
    EXPECT_EQ(feedAll(frame(1, 0, 10) + frame(0, 0, 1)), "frames out of order");
    EXPECT_EQ(feedAll(frame(9, 4, 10)), "frames out of order");
}

TEST(Http2Guard, TakesMoreFromWhoHasSignedIn) {
    Http2Guard known;
    known.trust();
    EXPECT_EQ(known.feed(kPreface, {}), "");
    EXPECT_EQ(known.feed(times(Http2Guard::kMaxStreams + 1, frame(1, 4, 1)), {}), "");
    EXPECT_EQ(known.feed(times(Http2Guard::kMaxResets + 1, frame(3, 0, 4)), {}), "too many resets");
}

TEST(Http2Guard, CountsBySeconds) {
    Http2Guard guard;
    EXPECT_EQ(guard.feed(kPreface, {}), "");
    for (int second = 1; second < 10; ++second) {
        EXPECT_EQ(
            guard.feed(times(Http2Guard::kMaxResets, frame(3, 0, 4)), Http2Guard::Time(std::chrono::seconds(second))),
            "");
    }
}

}  // namespace
}  // namespace tessera::gateway

#include "nodeservice/rest/fallback.h"

#include <gtest/gtest.h>

namespace tessera::rest {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

Headers headersOf(const Fallback& fallback) {
    Headers headers;
    fallback.addTo(headers);
    return headers;
}

query::Notice warning(const std::string& sqlstate, const std::string& message) {
    return {.severity = "WARNING", .message = message, .detail = {}, .hint = {}, .sqlstate = sqlstate};
}

TEST(Fallback, SaysWhatItWasToldOf) {
    Fallback fallback;
    fallback.hear(warning("01000", "shard 1 of sales.orders is missing: no, this is another warning"));
    EXPECT_EQ(headersOf(fallback), Headers());
    fallback.hear(warning("01T01", "shard 0 of sales.orders is read from its copy"));
    EXPECT_EQ(headersOf(fallback), (Headers{{"Tessera-Fallback", "replica"}}));
    fallback.hear(warning("01T02", "shard 1 of sales.orders is missing: node 'b' can't be reached since today"));
    EXPECT_TRUE(fallback.isPartial());
    EXPECT_EQ(headersOf(fallback),
              (Headers{{"Tessera-Fallback", "partial, replica"}, {"Tessera-Partial", "shard=\"1 of sales.orders\""}}));
}

/// A table may be called anything; a header has one line.
TEST(Fallback, NamesStayWithinTheirHeader) {
    Fallback fallback;
    fallback.hear(
        warning("01T02", "shard 2 of \"a\r\nSet-Cookie: b\\\".\xC3\xBC is missing: node 'b' can't be reached"));
    fallback.hear(warning("01T02", "shard 3 of x.y is missing"));
    EXPECT_EQ(headersOf(fallback),
              (Headers{{"Tessera-Fallback", "partial"},
                       {"Tessera-Partial", "shard=\"2 of \\\"a??Set-Cookie: b\\\\\\\".??\", shard=\"3 of x.y\""}}));
    Fallback strange;
    strange.hear(warning("01T02", ""));
    EXPECT_TRUE(strange.isPartial()) << "never silently";
}

}  // namespace
}  // namespace tessera::rest

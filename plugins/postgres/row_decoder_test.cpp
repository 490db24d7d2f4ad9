#include "plugins/postgres/row_decoder.h"

#include <gtest/gtest.h>

#include <string>

namespace tessera::postgres_connector {
namespace {

TEST(TupleSize, KnowsWhereATupleEnds) {
    using std::string_literals::operator""s;
    const std::string tuple = "\0\2\0\0\0\3abc\377\377\377\377"s;  // 'abc' and NULL
    for (std::size_t size = 0; size < tuple.size(); ++size) {
        EXPECT_EQ(tupleSize(tuple.substr(0, size)), std::nullopt) << size;
    }
    EXPECT_EQ(tupleSize(tuple), tuple.size());
    EXPECT_EQ(tupleSize(tuple + "more"), tuple.size());
    EXPECT_EQ(tupleSize("\0\0"s), 2U);
    EXPECT_EQ(tupleSize("\377\377"s), 2U);
    EXPECT_EQ(tupleSize("\0\1\177\377\377\377"s), std::nullopt);
}

}  // namespace
}  // namespace tessera::postgres_connector

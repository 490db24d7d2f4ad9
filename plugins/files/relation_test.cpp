#include "plugins/files/relation.h"

#include "plugins/sdk/test_support.h"

#include <gtest/gtest.h>

namespace tessera::files {
namespace {

using sdk::test::OptionList;

Result<std::string> relation(const OptionList& table) {
    return relationText(OptionList{{"directory", "/data/lake/"}}, table);
}

constexpr const char* kLines = ", max_line_size = 1000000, buffer_size = 1000000)";

TEST(FilesRelation, ReaderFollowsTheExtension) {
    EXPECT_EQ(*relation({{"path", "flights.parquet"}}), "read_parquet('/data/lake/flights.parquet')");
    EXPECT_EQ(*relation({{"path", "sub/a.csv.gz"}}), std::string("read_csv('/data/lake/sub/a.csv.gz'") + kLines);
    EXPECT_EQ(*relation({{"path", "days/*.ndjson"}}), "read_json('/data/lake/days/*.ndjson')");
    EXPECT_EQ(*relation({{"path", "export.dat"}, {"format", "CSV"}}),
              std::string("read_csv('/data/lake/export.dat'") + kLines);
    EXPECT_FALSE(relation({{"path", "export.dat"}}));
    EXPECT_FALSE(relation({{"path", "export.dat"}, {"format", "xml"}}));
    EXPECT_FALSE(relation({}));
}

TEST(FilesRelation, OptionsBecomeParametersSafely) {
    EXPECT_EQ(*relation({{"path", "a.csv"}, {"delimiter", "'"}, {"header", "yes"}, {"skip", "2"}}),
              std::string("read_csv('/data/lake/a.csv', delim = '''', header = true, skip = 2") + kLines);
    EXPECT_EQ(*relation({{"path", "it's.parquet"}, {"hive_partitioning", "on"}}),
              "read_parquet('/data/lake/it''s.parquet', hive_partitioning = true)");
    EXPECT_EQ(*relation({{"path", "quakes.json"}, {"unnest", "features"}}),
              "(SELECT unnest(\"features\", max_depth := 2) FROM read_json('/data/lake/quakes.json'))");
    EXPECT_EQ(*relation({{"path", "a.csv"}, {"max_line_size", "4000000"}}),
              "read_csv('/data/lake/a.csv', max_line_size = 4000000, buffer_size = 4000000)");
    EXPECT_FALSE(relation({{"path", "a.parquet"}, {"max_line_size", "4000000"}}));
    EXPECT_FALSE(relation({{"path", "a.csv"}, {"max_line_size", "0"}}));
    EXPECT_FALSE(relation({{"path", "a.csv"}, {"header", "maybe"}}));
    EXPECT_FALSE(relation({{"path", "a.csv"}, {"skip", "1); DROP"}}));
}

TEST(FilesRelation, OptionsOfAnotherFormatAreRefused) {
    const auto refused = relation({{"path", "a.parquet"}, {"delimiter", ","}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "option 'delimiter' does not apply to parquet files");
    EXPECT_FALSE(relation({{"path", "a.csv"}, {"unnest", "x"}}));
}

TEST(FilesRelation, PathsStayInsideTheDirectory) {
    for (const char* path : {"../secret.csv", "sub/../../secret.csv", "/etc/passwd.csv", "/data/lakes/a.csv",
                             "/data/lake/../a.csv", "s3://bucket/a.csv", "http://host/a.csv", ""}) {
        EXPECT_FALSE(relation({{"path", path}})) << path;
    }
    EXPECT_EQ(relation({{"path", "../secret.csv"}}).error().sqlState(), "42501");
    EXPECT_EQ(*relation({{"path", "/data/lake/./a.csv"}}), std::string("read_csv('/data/lake/a.csv'") + kLines);
    EXPECT_EQ(*relation({{"path", "./a..b.csv"}}), std::string("read_csv('/data/lake/a..b.csv'") + kLines);
}

TEST(FilesRelation, TheDirectoryIsAbsoluteAndNotTheRoot) {
    EXPECT_EQ(*directoryOf(OptionList{{"directory", "/data//x/./y/"}}), "/data/x/y");
    EXPECT_FALSE(directoryOf(OptionList{{"directory", "data"}}));
    EXPECT_FALSE(directoryOf(OptionList{{"directory", "/"}}));
    EXPECT_FALSE(directoryOf(OptionList{}));
}

}  // namespace
}  // namespace tessera::files

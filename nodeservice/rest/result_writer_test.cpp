#include "nodeservice/rest/result_writer.h"

#include "nodeservice/query/batch_encoder.h"
#include "nodeservice/rest/gzip.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace tessera::rest {
namespace {

using query::Encoding;

const std::vector<query::Column> kColumns = {{"n", "bigint", 20, Encoding::kInt64},
                                             {"x \"q\"", "double precision", 701, Encoding::kFloat64},
                                             {"ok", "boolean", 16, Encoding::kBool},
                                             {"t", "text", 25, Encoding::kText},
                                             {"j", "jsonb", 3802, Encoding::kText}};

query::Batch batchOf(const std::vector<std::vector<std::optional<std::string>>>& rows) {
    query::BatchEncoder encoder(
        {Encoding::kInt64, Encoding::kFloat64, Encoding::kBool, Encoding::kText, Encoding::kText});
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            EXPECT_TRUE(encoder.append(i, row[i] ? std::optional<std::string_view>(*row[i]) : std::nullopt));
        }
        encoder.endRow();
    }
    return encoder.take();
}

query::Batch hostileBatch() {
    return batchOf({{"9223372036854775807", "0.1", "t", "a,\"b\"\n\x01ü", R"({"k": [1, null]})"},
                    {std::nullopt, "NaN", "f", "", std::nullopt},
                    {"-1", std::nullopt, std::nullopt, std::nullopt, "\"text\""},
                    {"0", "-Infinity", "f", "plain", "3"}});
}

std::string written(Format format, const query::Batch& batch) {
    const auto writer = makeResultWriter(format);
    std::string out = writer->begin(kColumns);
    out += writer->rows(batch, 0, 1);
    out += writer->rows(batch, 1, batch.row_count);
    const query::Completion done{"SELECT 4", 4, {}};
    return out + writer->end(&done, "");
}

TEST(ResultWriter, Json) {
    const auto json = nlohmann::json::parse(written(Format::kJson, hostileBatch()));
    EXPECT_EQ(json["columns"][1], (nlohmann::json{{"name", "x \"q\""}, {"type", "double precision"}}));
    EXPECT_EQ(json["rows"][0],
              nlohmann::json::parse(R"([9223372036854775807, 0.1, true, "a,\"b\"\n\u0001ü", {"k": [1, null]}])"));
    EXPECT_EQ(json["rows"][1], nlohmann::json::parse(R"([null, "NaN", false, "", null])"));
    EXPECT_EQ(json["rows"][2], nlohmann::json::parse(R"([-1, null, null, null, "text"])"));
    EXPECT_EQ(json["command"], "SELECT 4");
    EXPECT_EQ(json["row_count"], 4);
    EXPECT_TRUE(json["cursor"].is_null());
}

TEST(ResultWriter, JsonThatAnErrorCutsShortIsStillJson) {
    const auto writer = makeResultWriter(Format::kJson);
    std::string out = writer->begin(kColumns) + writer->rows(hostileBatch(), 0, 1);
    out += *writer->fail(fail(ErrorCode::kInvalidArgument, "division by zero"));
    const auto json = nlohmann::json::parse(out);
    EXPECT_EQ(json["rows"].size(), 1u);
    EXPECT_EQ(json["error"]["detail"], "division by zero");
    EXPECT_FALSE(json.contains("command"));
    for (const Format format : {Format::kCsv, Format::kNdjson, Format::kArrow, Format::kParquet}) {
        EXPECT_FALSE(makeResultWriter(format)->fail(fail(ErrorCode::kInternal, "x")));
    }
}

TEST(ResultWriter, Ndjson) {
    const std::string text = written(Format::kNdjson, hostileBatch());
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
    const auto second = nlohmann::json::parse(
        text.substr(text.find('\n') + 1, text.find('\n', text.find('\n') + 1) - text.find('\n') - 1));
    EXPECT_EQ(second, nlohmann::json::parse(R"({"n": null, "x \"q\"": "NaN", "ok": false, "t": "", "j": null})"));
}

TEST(ResultWriter, Csv) {
    EXPECT_EQ(written(Format::kCsv, hostileBatch()),
              "n,\"x \"\"q\"\"\",ok,t,j\r\n"
              "9223372036854775807,0.1,t,\"a,\"\"b\"\"\n\x01ü\",\"{\"\"k\"\": [1, null]}\"\r\n"
              ",NaN,f,\"\",\r\n"
              "-1,,,,\"\"\"text\"\"\"\r\n"
              "0,-Infinity,f,plain,3\r\n");
}

TEST(Gzip, IsSmallerAndEndsWithTheLength) {
    Gzip gzip;
    const std::string text(100000, 'x');
    std::string packed = gzip.add(text.substr(0, 5));
    packed += gzip.add(text.substr(5));
    packed += gzip.finish();
    EXPECT_LT(packed.size(), 2000u);
    EXPECT_EQ(packed.substr(0, 2), "\x1f\x8b");
    std::uint32_t length = 0;
    packed.copy(reinterpret_cast<char*>(&length), sizeof length, packed.size() - sizeof length);
    EXPECT_EQ(length, text.size());
}

}  // namespace
}  // namespace tessera::rest

#include "app/core/output/row_writer.h"

#include "app/core/output/table_writer.h"
#include "app/core/output/text_batch.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace tessera::app {
namespace {

using client::ColumnEncoding;
using client::ResultBatch;
using client::ResultColumn;

std::vector<ResultColumn> sampleColumns() {
    return {{"id", "bigint", 20, ColumnEncoding::kInt64},
            {"city", "text", 25, ColumnEncoding::kText},
            {"amount", "numeric(10,2)", 1700, ColumnEncoding::kText}};
}

ResultBatch sampleBatch() {
    return ResultBatch(3, {integerColumn({1, 20, std::nullopt}), textColumn({"Köln", "東京", std::nullopt}),
                           textColumn({"1.50", "NaN", "-12.00"})});
}

std::string written(OutputFormat format, const std::vector<ResultColumn>& columns,
                    const std::vector<ResultBatch>& batches) {
    StringOutput output;
    const auto writer = createRowWriter(format, output);
    EXPECT_TRUE(writer->begin(columns));
    for (const ResultBatch& batch : batches) {
        EXPECT_TRUE(writer->batch(batch));
    }
    EXPECT_TRUE(writer->end());
    return output.text();
}

TEST(TableWriter, AlignsByDisplayWidthAndShowsNullApart) {
    EXPECT_EQ(written(OutputFormat::kTable, sampleColumns(), {sampleBatch()}),
              "   id │ city │ amount\n"
              "──────┼──────┼────────\n"
              "    1 │ Köln │   1.50\n"
              "   20 │ 東京 │    NaN\n"
              " NULL │ NULL │ -12.00\n");
}

TEST(TableWriter, AnEmptyResultStillHasItsHeading) {
    EXPECT_EQ(written(OutputFormat::kTable, textColumns({"a", "b"}), {}), " a │ b\n───┼───\n");
}

TEST(TableWriter, HoldsNoMoreThanItsSample) {
    StringOutput output;
    TableWriter writer(output, {});
    ASSERT_TRUE(writer.begin(textColumns({"n"})));
    const ResultBatch batch = textBatch(1, std::vector<TextRow>(TableWriter::kSampleRows - 1, TextRow{"x"}));
    ASSERT_TRUE(writer.batch(batch));
    EXPECT_EQ(output.text(), "");
    ASSERT_TRUE(writer.batch(textBatch(1, {{"x"}, {"wider than the sample"}})));
    EXPECT_NE(output.text().find("wider than the sample"), std::string::npos);
}

TEST(TableWriter, LongCellsAreElidedAndControlCharactersShown) {
    const std::string table = written(OutputFormat::kTable, textColumns({"n", "t"}),
                                      {textBatch(2, {{"1", std::string(500, 'x')}, {"2", "a\nb"}})});
    EXPECT_NE(table.find("x…\n"), std::string::npos);
    EXPECT_NE(table.find("a↵b"), std::string::npos);
    EXPECT_LT(table.size(), 800U);
}

TEST(TableWriter, AColumnAloneIsShownWhole) {
    const std::string plan(500, 'x');
    const std::string table = written(OutputFormat::kTable, textColumns({"QUERY PLAN"}), {textBatch(1, {{plan}})});
    EXPECT_NE(table.find(plan + "\n"), std::string::npos);
}

TEST(CsvWriter, TellsNullFromEmptyAndQuotesWhatNeedsIt) {
    EXPECT_EQ(written(OutputFormat::kCsv, textColumns({"a,b", "c"}),
                      {textBatch(2, {{"x", std::nullopt}, {"", "say \"hi\""}, {"two\nlines", "\\."}})}),
              "\"a,b\",c\nx,\n\"\",\"say \"\"hi\"\"\"\n\"two\nlines\",\"\\.\"\n");
}

TEST(JsonWriter, KeepsTypesAndEscapes) {
    EXPECT_EQ(written(OutputFormat::kJson, sampleColumns(), {sampleBatch()}),
              "[\n {\"id\":1,\"city\":\"Köln\",\"amount\":1.50},"
              "\n {\"id\":20,\"city\":\"東京\",\"amount\":\"NaN\"},"
              "\n {\"id\":null,\"city\":null,\"amount\":-12.00}\n]\n");
    EXPECT_EQ(written(OutputFormat::kNdjson, textColumns({"q\"", "q\""}), {textBatch(2, {{"a\\\n\x01", "\xFF"}})}),
              "{\"q\\\"\":\"a\\\\\\n\\u0001\",\"q\\\"_2\":\"\uFFFD\"}\n");
}

TEST(JsonWriter, EmbedsJsonValuesOnOneLine) {
    const std::vector<ResultColumn> columns = {{"doc", "json", 114, ColumnEncoding::kText}};
    EXPECT_EQ(written(OutputFormat::kNdjson, columns, {textBatch(1, {{"{\"a\":\n 1}"}})}), "{\"doc\":{\"a\":  1}}\n");
}

TEST(JsonWriter, AnEmptyResultIsAnEmptyArray) {
    EXPECT_EQ(written(OutputFormat::kJson, sampleColumns(), {}), "[]\n");
    EXPECT_EQ(written(OutputFormat::kNdjson, sampleColumns(), {}), "");
}

TEST(RowWriter, WhatFailsHalfWayDoesNotLookComplete) {
    const auto abandoned = [](OutputFormat format, const std::vector<TextRow>& rows) {
        StringOutput output;
        const auto writer = createRowWriter(format, output);
        EXPECT_TRUE(writer->begin(textColumns({"a"})));
        EXPECT_TRUE(writer->batch(textBatch(1, rows)));
        EXPECT_TRUE(writer->abandon());
        return output.text();
    };
    EXPECT_EQ(abandoned(OutputFormat::kTable, {}), "");
    EXPECT_EQ(abandoned(OutputFormat::kTable, {{"x"}}), " a\n───\n x\n");
    EXPECT_EQ(abandoned(OutputFormat::kJson, {}), "");
    EXPECT_EQ(abandoned(OutputFormat::kJson, {{"x"}}), "[\n {\"a\":\"x\"}");
}

class FileOutputTest : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "tessera-output-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        directory_ = pattern;
    }

    void TearDown() override { std::filesystem::remove_all(directory_); }

    std::filesystem::path directory_;
};

TEST_F(FileOutputTest, AppearsOnlyWhenComplete) {
    const auto path = directory_ / "rows.csv";
    {
        auto output = FileOutput::create(path);
        ASSERT_TRUE(output);
        ASSERT_TRUE((*output)->write("half"));
        EXPECT_FALSE(std::filesystem::exists(path));
    }
    EXPECT_TRUE(std::filesystem::is_empty(directory_));
    auto output = FileOutput::create(path);
    ASSERT_TRUE(output);
    ASSERT_TRUE((*output)->write("whole"));
    ASSERT_TRUE((*output)->commit());
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    EXPECT_EQ(text.str(), "whole");
}

TEST_F(FileOutputTest, SaysWhichFileCannotBeWritten) {
    const auto output = FileOutput::create(directory_ / "missing" / "rows.csv");
    ASSERT_FALSE(output);
    EXPECT_NE(output.error().message.find("rows.csv"), std::string::npos);
    EXPECT_FALSE(output.error().hint.empty());
}

}  // namespace
}  // namespace tessera::app

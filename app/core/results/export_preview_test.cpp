#include "app/core/results/export_preview.h"

#include "app/core/output/text_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::app {
namespace {

using testing::HasSubstr;

class ExportPreviewTest : public testing::Test {
  protected:
    void fill(std::size_t rows, const std::string& text) {
        store_->setColumns({{"id", "bigint", 20, client::ColumnEncoding::kInt64},
                            {"price", "numeric(10,2)", 1700, client::ColumnEncoding::kText},
                            {"note", "text", 25, client::ColumnEncoding::kText}});
        std::vector<std::optional<std::int64_t>> ids;
        TextRow prices;
        TextRow notes;
        for (std::size_t i = 0; i < rows; ++i) {
            ids.emplace_back(100'000 + static_cast<std::int64_t>(i));
            prices.emplace_back("1.50");
            notes.emplace_back(i == 1 ? std::nullopt : std::optional(text));
        }
        ASSERT_TRUE(store_->append(std::make_shared<const client::ResultBatch>(
            rows, std::vector{integerColumn(ids), textColumn(prices), textColumn(notes)})));
    }

    ExportPreview preview(ExportFormat format) {
        const ResultView view{store_, nullptr};
        auto made = previewExport(view, CellSelection::everything(view), {format, "t"}, nullptr, control_);
        EXPECT_TRUE(made) << made.error().describe();
        return made ? *made : ExportPreview{};
    }

    std::shared_ptr<ResultStore> store_ = std::make_shared<ResultStore>();
    TaskControl control_;
};

TEST_F(ExportPreviewTest, IsTheBeginOfTheFile) {
    fill(1000, "x");
    const ExportPreview csv = preview(ExportFormat::kCsv);
    EXPECT_EQ(csv.text, "id,price,note\n100000,1.50,x\n100001,1.50,\n100002,1.50,x\n100003,1.50,x\n100004,1.50,x\n");
    // 14 bytes a row and the heading, estimated from the first of them.
    ASSERT_TRUE(csv.bytes);
    EXPECT_NEAR(static_cast<double>(*csv.bytes), 14'013, 100);
    EXPECT_THAT(preview(ExportFormat::kInsert).text, HasSubstr("INSERT INTO t"));
}

TEST_F(ExportPreviewTest, OfParquetTheTypesAreSaid) {
    fill(2, "x");
    const ExportPreview parquet = preview(ExportFormat::kParquet);
    EXPECT_THAT(parquet.text, HasSubstr("id     BIGINT\nprice  DECIMAL(10,2)\nnote   VARCHAR\n\n"));
    EXPECT_THAT(parquet.text, HasSubstr("NULL"));
    EXPECT_FALSE(parquet.bytes);
    EXPECT_THAT(preview(ExportFormat::kXlsx).text, HasSubstr("100001"));
}

TEST_F(ExportPreviewTest, LongValuesAreCutBetweenCharacters) {
    std::string text = "a";
    while (text.size() < 50'000) {
        text += "\xC3\xA9";
    }
    fill(3, text);
    const std::string shown = preview(ExportFormat::kCsv).text;
    EXPECT_LT(shown.size(), 17'000U);
    EXPECT_TRUE(shown.ends_with("\xC3\xA9…")) << shown.substr(shown.size() - 8);
}

TEST_F(ExportPreviewTest, OfNoRowsTheHeadingIsThere) {
    fill(0, "");
    EXPECT_EQ(preview(ExportFormat::kCsv).text, "id,price,note\n");
}

}  // namespace
}  // namespace tessera::app

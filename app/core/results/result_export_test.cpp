#include "app/core/results/result_export.h"

#include "app/core/output/text_batch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace tessera::app {
namespace {

class ResultExportTest : public testing::Test {
  protected:
    ResultExportTest() {
        store_->setColumns({{"id", "bigint", 20, client::ColumnEncoding::kInt64},
                            {"na|me", "text", 25, client::ColumnEncoding::kText},
                            {"price", "numeric", 1700, client::ColumnEncoding::kText}});
        append({{1, "two\twords", "1.50"}, {2, std::nullopt, std::nullopt}});
        append({{3, "say \"hi\" it's", "-2"}});
    }

    struct Item {
        std::int64_t id;
        std::optional<std::string> name;
        std::optional<std::string> price;
    };

    void append(const std::vector<Item>& items) {
        std::vector<std::optional<std::int64_t>> ids;
        TextRow names;
        TextRow prices;
        for (const Item& item : items) {
            ids.emplace_back(item.id);
            names.push_back(item.name);
            prices.push_back(item.price);
        }
        ASSERT_TRUE(store_->append(std::make_shared<const client::ResultBatch>(
            items.size(), std::vector{integerColumn(ids), textColumn(names), textColumn(prices)})));
    }

    ResultView view() const { return {store_, nullptr}; }

    std::string text(ExportFormat format, const CellSelection& cells) {
        return *cellsAsText(view(), cells, {format, "shop.items", false}, 1U << 20U, control_);
    }

    std::string text(ExportFormat format) { return text(format, CellSelection::everything(view())); }

    std::filesystem::path pathOf(const std::string& name) {
        return std::filesystem::temp_directory_path() / ("tessera-export-" + std::to_string(::getpid()) + name);
    }

    static std::string contentOf(const std::filesystem::path& path) {
        std::stringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }

    std::shared_ptr<ResultStore> store_ = std::make_shared<ResultStore>();
    TaskControl control_;
};

TEST_F(ResultExportTest, WritesEveryFormatOfTheClipboard) {
    EXPECT_EQ(text(ExportFormat::kTsv), "1\t\"two\twords\"\t1.50\n2\t\t\n3\t\"say \"\"hi\"\" it's\"\t-2");
    EXPECT_EQ(text(ExportFormat::kCsv), "id,na|me,price\n1,two\twords,1.50\n2,,\n3,\"say \"\"hi\"\" it's\",-2\n");
    EXPECT_EQ(text(ExportFormat::kNdjson),
              "{\"id\":1,\"na|me\":\"two\\twords\",\"price\":1.50}\n{\"id\":2,\"na|me\":null,\"price\":null}\n"
              "{\"id\":3,\"na|me\":\"say \\\"hi\\\" it's\",\"price\":-2}\n");
    EXPECT_EQ(text(ExportFormat::kMarkdown),
              "| id | na\\|me | price |\n| ---: | --- | ---: |\n| 1 | two\twords | 1.50 |\n| 2 | NULL | NULL |\n"
              "| 3 | say \"hi\" it's | -2 |\n");
    EXPECT_EQ(text(ExportFormat::kInsert),
              "INSERT INTO shop.items (\"id\", \"na|me\", \"price\") VALUES\n  (1, 'two\twords', 1.50),\n"
              "  (2, NULL, NULL),\n  (3, 'say \"hi\" it''s', -2);\n");
    EXPECT_EQ(text(ExportFormat::kInList, {{{0, 2}}, {1}, nullptr}), "('two\twords', 'say \"hi\" it''s')");
}

TEST_F(ResultExportTest, TakesOnlySelectedCellsInTheOrderShown) {
    const CellSelection cells{
        {{0, 0}, {2, 2}}, {2, 0}, [](std::uint64_t row, int column) { return (row == 0) == (column == 0); }};
    EXPECT_EQ(text(ExportFormat::kTsv, cells), "\t1\n-2\t");
    const ResultView turned{store_, std::make_shared<const RowOrder>(RowOrder{2, 1, 0})};
    EXPECT_EQ(*cellsAsText(turned, {{{0, 2}}, {0}, nullptr}, {ExportFormat::kTsv, "", true}, 100, control_),
              "id\n3\n2\n1");
}

TEST_F(ResultExportTest, LongTextsAreWhole) {
    const std::string long_text(100'000, 'x');
    append({{4, long_text, std::nullopt}});
    EXPECT_EQ(text(ExportFormat::kTsv, {{{3, 3}}, {1}, nullptr}), long_text);
    EXPECT_NE(text(ExportFormat::kCsv).find("4," + long_text + ",\n"), std::string::npos);
}

TEST_F(ResultExportTest, RefusesMoreThanTheClipboardShouldHold) {
    const auto copied = cellsAsText(view(), CellSelection::everything(view()), {}, 10, control_);
    ASSERT_FALSE(copied);
    EXPECT_NE(copied.error().hint.find("export"), std::string::npos);
}

TEST_F(ResultExportTest, AFileIsThereWholeOrNotAtAll) {
    const auto path = pathOf("rows.csv");
    const auto rows = exportCells(view(), CellSelection::everything(view()), {}, path, control_);
    ASSERT_TRUE(rows);
    EXPECT_EQ(*rows, 3U);
    EXPECT_EQ(contentOf(path), text(ExportFormat::kCsv));
    std::filesystem::remove(path);
    control_.cancel();
    for (const ExportFormat format : {ExportFormat::kCsv, ExportFormat::kXlsx}) {
        const auto cancelled = exportCells(view(), CellSelection::everything(view()), {format}, path, control_);
        ASSERT_FALSE(cancelled);
        EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
        EXPECT_FALSE(std::filesystem::exists(path));
        EXPECT_FALSE(std::filesystem::exists(path.string() + ".partial"));
    }
}

// Read back by Python's own zip and XML readers: nobody's who wrote it.
TEST_F(ResultExportTest, AWorkbookKeepsEveryDigit) {
    append({{9'007'199'254'740'993, "\xFF\x01", "0.12345678901234567"}});
    const auto path = pathOf("rows.xlsx");
    const auto rows = exportCells(view(), CellSelection::everything(view()), {ExportFormat::kXlsx}, path, control_);
    ASSERT_TRUE(rows) << rows.error().describe();
    const std::string script =
        "import sys, zipfile, xml.etree.ElementTree as e\n"
        "book = zipfile.ZipFile(sys.argv[1])\n"
        "n = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'\n"
        "for row in e.fromstring(book.read('xl/worksheets/sheet1.xml')).iter(n + 'row'):\n"
        "    print('|'.join(''.join(c.itertext()) + ('' if c.get('t') else '#') for c in row.iter(n + 'c')))\n";
    const auto out = pathOf("rows.txt");
    const auto code = pathOf("read.py");
    std::ofstream(code) << script;
    ASSERT_EQ(std::system(("python3 " + code.string() + " " + path.string() + " > " + out.string()).c_str()), 0);
    const std::string read = contentOf(out);
    EXPECT_NE(read.find("id|na|me|price\n1#|two\twords|1.5#\n2#\n3#|say \"hi\" it's|-2#\n"), std::string::npos) << read;
    EXPECT_NE(read.find("9007199254740993|"), std::string::npos) << read;
    EXPECT_NE(read.find("|0.12345678901234567\n"), std::string::npos) << read;
    for (const auto& file : {path, out, code}) {
        std::filesystem::remove(file);
    }
}

TEST_F(ResultExportTest, AValueThatDoesNotFitACellOfAWorkbookIsNamed) {
    append({{4, std::string(40'000, 'x'), std::nullopt}});
    const auto path = pathOf("long.xlsx");
    const auto rows = exportCells(view(), CellSelection::everything(view()), {ExportFormat::kXlsx}, path, control_);
    ASSERT_FALSE(rows);
    EXPECT_NE(rows.error().message.find("na|me"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(path.string() + ".partial"));
}

}  // namespace
}  // namespace tessera::app

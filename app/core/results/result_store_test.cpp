#include "app/core/results/result_store.h"

#include "app/core/output/text_batch.h"
#include "app/core/results/visible_rows.h"
#include "app/core/testing/event_loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <QThreadPool>
#include <thread>

namespace tessera::app {
namespace {

std::shared_ptr<const client::ResultBatch> batchOf(std::int64_t first, std::size_t rows) {
    std::vector<std::optional<std::int64_t>> values;
    TextRow texts;
    for (std::size_t i = 0; i < rows; ++i) {
        const std::int64_t value = first + static_cast<std::int64_t>(i);
        values.emplace_back(value);
        texts.push_back(value % 3 == 0 ? std::nullopt : std::optional("row " + std::to_string(value)));
    }
    return std::make_shared<const client::ResultBatch>(rows, std::vector{integerColumn(values), textColumn(texts)});
}

std::shared_ptr<const client::ResultBatch> textsOf(std::size_t columns, const std::vector<TextRow>& rows) {
    return std::make_shared<const client::ResultBatch>(textBatch(columns, rows));
}

/// Room for a few small batches, so that most are spilled.
std::shared_ptr<ResultMemory> smallMemory(std::size_t resident_bytes = 4000, std::size_t cached_bytes = 4000) {
    return std::make_shared<ResultMemory>(
        ResultMemory::Limits{resident_bytes, cached_bytes, std::filesystem::temp_directory_path() / "tessera-results"});
}

void expectRow(const ResultStore& store, std::uint64_t row) {
    const Result<ResultStore::Position> position = store.at(row);
    ASSERT_TRUE(position) << position.error().describe();
    EXPECT_EQ(position->batch().integer(position->row, 0), static_cast<std::int64_t>(row));
    EXPECT_EQ(position->isNull(1), row % 3 == 0);
    if (row % 3 != 0) {
        EXPECT_EQ(position->batch().textView(position->row, 1), "row " + std::to_string(row));
    }
}

TEST(ResultStore, FindsEveryRowOfUnevenBatches) {
    ResultStore store;
    std::int64_t next = 0;
    for (const std::size_t rows : {1U, 7U, 0U, 100U, 3U}) {
        ASSERT_TRUE(store.append(batchOf(next, rows)));
        next += static_cast<std::int64_t>(rows);
    }
    ASSERT_EQ(store.rowCount(), 111U);
    for (std::uint64_t row = 0; row < store.rowCount(); ++row) {
        expectRow(store, row);
    }
    EXPECT_GE(store.byteSize(), 111U * sizeof(std::int64_t));
    EXPECT_EQ(store.fileBytes(), 0U);
}

TEST(ResultStore, ColumnsAreUnknownUntilTheyArrive) {
    ResultStore store;
    EXPECT_EQ(store.columns(), nullptr);
    store.setColumns(textColumns({"a"}));
    EXPECT_EQ(store.columns()->front().name, "a");
}

TEST(ResultStore, WhatMemoryHasNoRoomForComesBackFromTheDisk) {
    const auto memory = smallMemory();
    ResultStore store(memory);
    for (std::int64_t i = 0; i < 500; ++i) {
        ASSERT_TRUE(store.append(batchOf(i * 10, 10)));
    }
    EXPECT_GT(store.fileBytes(), 0U);
    EXPECT_LE(memory->residentBytes(), 4000U);
    for (std::uint64_t row = 0; row < store.rowCount(); row += 7) {
        expectRow(store, row);
        expectRow(store, store.rowCount() - 1 - row);
        ASSERT_LE(memory->cachedBytes(), 4000U);
    }
}

TEST(ResultStore, PeekingNeverReadsTheDisk) {
    ResultStore store(smallMemory(0));
    ASSERT_TRUE(store.append(batchOf(0, 10)));
    EXPECT_FALSE(store.peek(3));
    ASSERT_TRUE(store.at(3));
    EXPECT_TRUE(store.peek(4));
}

TEST(ResultStore, TwoResultsShareTheMemoryAndGiveItBack) {
    const auto memory = smallMemory(4000);
    auto first = std::make_unique<ResultStore>(memory);
    ResultStore second(memory);
    for (std::int64_t i = 0; i < 50; ++i) {
        ASSERT_TRUE(first->append(batchOf(i * 10, 10)));
        ASSERT_TRUE(second.append(batchOf(i * 10, 10)));
    }
    EXPECT_GT(memory->residentBytes(), 3000U);
    EXPECT_LE(memory->residentBytes(), 4000U);
    ASSERT_TRUE(first->at(499));
    first.reset();
    QThreadPool::globalInstance()->waitForDone();
    EXPECT_LE(memory->residentBytes(), 2000U);
    expectRow(second, 499);
}

TEST(ResultStore, RowsThatWereCountedCanBeReadWhileMoreArrive) {
    ResultStore store(smallMemory());
    constexpr std::int64_t kBatches = 2000;
    std::jthread writer([&] {
        for (std::int64_t i = 0; i < kBatches; ++i) {
            EXPECT_TRUE(store.append(batchOf(i * 5, 5)));
        }
    });
    std::uint64_t seen = 0;
    while (seen < kBatches * 5) {
        seen = store.rowCount();
        if (seen > 0) {
            expectRow(store, seen - 1);
            expectRow(store, seen / 2);
        }
    }
}

TEST(ResultStore, LongTextsAreCutInMemoryAndWholeOnDemand) {
    ResultStore store;
    const std::string long_text = "begin" + std::string(5'000'000, 'x') + "end";
    const std::string fitting(kLongTextBytes, 'y');
    ASSERT_TRUE(store.append(textsOf(2, {{"short", long_text}, {fitting, std::nullopt}, {long_text, "after"}})));
    const auto position = store.at(0);
    ASSERT_TRUE(position);
    EXPECT_EQ(position->batch().textView(0, 1), long_text.substr(0, kCutTextBytes));
    EXPECT_EQ(position->batch().textView(1, 0), fitting);
    EXPECT_EQ(position->batch().textView(2, 1), "after");
    EXPECT_TRUE(position->batch().isNull(1, 1));
    EXPECT_LT(position->chunk->byteSize(), 100'000U);
    EXPECT_EQ(ResultStore::textSize(*position, 1), long_text.size());
    EXPECT_EQ(*store.readText(*position, 1), long_text);
    EXPECT_EQ(*store.readText(*position, 1, long_text.size() - 3), "end");
    EXPECT_EQ(*store.readText(*position, 1, 0, 5), "begin");
    EXPECT_EQ(*store.readText(*position, 0), "short");
    const auto whole = store.readBatch(0);
    ASSERT_TRUE(whole);
    EXPECT_EQ((*whole)->textView(2, 0), long_text);
}

TEST(ResultStore, ManyColumnsAndBytesThatAreNoUtf8ComeBackAsTheyWere) {
    constexpr std::size_t kColumns = 5000;
    ResultStore store(smallMemory(0));
    TextRow row;
    for (std::size_t i = 0; i < kColumns; ++i) {
        row.emplace_back(std::string("\xFF\x00\xC3(", 4) + std::to_string(i));
    }
    ASSERT_TRUE(store.append(textsOf(kColumns, {row, row})));
    const auto position = store.at(1);
    ASSERT_TRUE(position);
    for (std::size_t i = 0; i < kColumns; ++i) {
        ASSERT_EQ(position->batch().textView(1, i), *row[i]);
    }
}

TEST(SpillFile, AFullDiskIsSaidCalmly) {
    const int full = ::open("/dev/full", O_RDWR);
    ASSERT_GE(full, 0);
    SpillFile file(full);
    const auto written = file.append({"rows"});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kResourceExhausted);
    EXPECT_NE(written.error().message.find("disk is full"), std::string::npos);
    EXPECT_EQ(file.size(), 0U);
}

TEST(SpillFile, LeavesNoNameBehind) {
    const auto folder = std::filesystem::temp_directory_path() / ("tessera-spill-" + std::to_string(::getpid()));
    const auto file = SpillFile::create(folder);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->append({"rows"}));
    EXPECT_TRUE(std::filesystem::is_empty(folder));
    std::filesystem::remove(folder);
}

TEST(ResultStore, AFolderThatCannotBeWrittenLosesNoRowThatCame) {
    ResultStore store(std::make_shared<ResultMemory>(ResultMemory::Limits{2000, 2000, "/proc/nowhere"}));
    ASSERT_TRUE(store.append(batchOf(0, 10)));
    Result<> appended;
    std::uint64_t rows = store.rowCount();
    while (appended) {
        rows = store.rowCount();
        appended = store.append(batchOf(static_cast<std::int64_t>(rows), 10));
    }
    EXPECT_NE(appended.error().message.find("/proc/nowhere"), std::string::npos);
    EXPECT_EQ(store.rowCount(), rows);
    for (std::uint64_t row = 0; row < rows; ++row) {
        expectRow(store, row);
    }
}

TEST(ResultStore, TakesNothingOnceItIsClosed) {
    ResultStore store;
    ASSERT_TRUE(store.append(batchOf(0, 10)));
    store.close();
    ASSERT_TRUE(store.append(batchOf(10, 10)));
    EXPECT_EQ(store.rowCount(), 10U);
}

TEST(VisibleRows, ReadsWhatIsOnTheDiskInTheBackground) {
    const auto store = std::make_shared<ResultStore>(smallMemory(0, 0));
    for (std::int64_t i = 0; i < 100; ++i) {
        ASSERT_TRUE(store->append(batchOf(i * 10, 10)));
    }
    VisibleRows rows;
    rows.setView({store, nullptr});
    rows.show(480, 529);
    EXPECT_EQ(rows.row(480), nullptr);
    // Scrolled on before the answer came: what is visible then arrives all the same, however small the cache is.
    rows.show(900, 949);
    ASSERT_TRUE(processEventsUntil([&] { return rows.row(900) != nullptr && rows.row(949) != nullptr; }));
    EXPECT_EQ(rows.row(949)->batch().integer(rows.row(949)->row, 0), 949);
    EXPECT_EQ(rows.row(480), nullptr);
}

TEST(VisibleRows, FollowsAnOrder) {
    const auto store = std::make_shared<ResultStore>();
    ASSERT_TRUE(store->append(batchOf(0, 10)));
    VisibleRows rows;
    rows.setView({store, std::make_shared<const RowOrder>(RowOrder{7, 2, 5})});
    EXPECT_EQ(rows.view().rowCount(), 3U);
    rows.show(0, 2);
    EXPECT_EQ(rows.row(0)->batch().integer(rows.row(0)->row, 0), 7);
    EXPECT_EQ(rows.row(2)->batch().integer(rows.row(2)->row, 0), 5);
}

}  // namespace
}  // namespace tessera::app

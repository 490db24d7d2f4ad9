#include "app/core/results/result_store.h"

#include "app/core/output/text_batch.h"

#include <gtest/gtest.h>

#include <thread>

namespace tessera::app {
namespace {

std::shared_ptr<const client::ResultBatch> batchOf(std::int64_t first, std::size_t rows) {
    std::vector<std::optional<std::int64_t>> values;
    for (std::size_t i = 0; i < rows; ++i) {
        values.emplace_back(first + static_cast<std::int64_t>(i));
    }
    return std::make_shared<const client::ResultBatch>(rows, std::vector{integerColumn(values)});
}

TEST(ResultStore, FindsEveryRowOfUnevenBatches) {
    ResultStore store;
    std::int64_t next = 0;
    for (const std::size_t rows : {1U, 7U, 0U, 100U, 3U}) {
        store.append(batchOf(next, rows));
        next += static_cast<std::int64_t>(rows);
    }
    ASSERT_EQ(store.rowCount(), 111U);
    for (std::uint64_t row = 0; row < store.rowCount(); ++row) {
        const ResultStore::Position position = store.at(row);
        EXPECT_EQ(position.batch->integer(position.row, 0), static_cast<std::int64_t>(row));
    }
    EXPECT_GE(store.byteSize(), 111U * sizeof(std::int64_t));
}

TEST(ResultStore, ColumnsAreUnknownUntilTheyArrive) {
    ResultStore store;
    EXPECT_EQ(store.columns(), nullptr);
    store.setColumns(textColumns({"a"}));
    EXPECT_EQ(store.columns()->front().name, "a");
}

TEST(ResultStore, RowsThatWereCountedCanBeReadWhileMoreArrive) {
    ResultStore store;
    constexpr std::int64_t kBatches = 2000;
    std::jthread writer([&] {
        for (std::int64_t i = 0; i < kBatches; ++i) {
            store.append(batchOf(i * 5, 5));
        }
    });
    std::uint64_t seen = 0;
    while (seen < kBatches * 5) {
        seen = store.rowCount();
        if (seen > 0) {
            const ResultStore::Position last = store.at(seen - 1);
            ASSERT_EQ(last.batch->integer(last.row, 0), static_cast<std::int64_t>(seen - 1));
        }
    }
}

}  // namespace
}  // namespace tessera::app

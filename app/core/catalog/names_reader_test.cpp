#include "app/core/catalog/names_reader.h"

#include "app/core/testing/event_loop.h"
#include "app/core/testing/fake_node_client.h"

#include <gtest/gtest.h>

#include <thread>

namespace tessera::app {
namespace {

const std::vector<std::string> kHeader{"kind", "schema", "name", "detail", "extra", "comment"};

void sendShop(const FakeStatement& reading) {
    reading.sendColumns(kHeader);
    reading.sendRows(6, {{"p", "", "public", "", "", ""},
                         {"s", "", "public", "", "", ""},
                         {"t", "public", "orders", "f", "", "What was bought"},
                         {"c", "", "id", "bigint", "1n", ""},
                         {"c", "", "total", "numeric", "0", "With tax"},
                         {"t", "public", "items", "r", "", ""}});
    reading.sendRows(6, {{"c", "", "order_id", "bigint", "12n", ""},
                         {"k", "public", "items", "public\x1forders", "order_id\x1fid", ""},
                         {"f", "public", "tax", "amount numeric", "numeric", ""},
                         {"z", "a later version's", "section", "", "", ""}});
}

class NamesReaderTest : public testing::Test {
  protected:
    std::shared_ptr<FakeNodeClient> node_ = std::make_shared<FakeNodeClient>("lake");
    NamesReader reader_{node_};
};

TEST_F(NamesReaderTest, BuildsTheIndexAwayFromTheGuiThread) {
    reader_.read();
    reader_.read();  // one is under way
    ASSERT_EQ(node_->names_readings.size(), 1U);
    EXPECT_FALSE(reader_.names());
    std::thread transport([&] {
        sendShop(*node_->names_readings[0]);
        node_->names_readings[0]->complete("SELECT 10", 10);
    });
    transport.join();
    ASSERT_TRUE(processEventsUntil([&] { return reader_.names() != nullptr; }));
    EXPECT_EQ(node_->names_readings[0]->released, 2);
    const NameIndex& names = *reader_.names();
    const auto orders = names.findTable("", "orders");
    ASSERT_TRUE(orders);
    EXPECT_EQ(names.tables()[*orders].kind, RelationKind::kForeignTable);
    EXPECT_EQ(names.text(names.tables()[*orders].comment), "What was bought");
    ASSERT_EQ(names.columns().size(), 3U);
    EXPECT_TRUE(names.columns()[0].not_null);
    EXPECT_EQ(names.columns()[2].key_position, 12);
    EXPECT_EQ(names.foreignKeysOf(*orders).size(), 1U);
    EXPECT_EQ(names.functions().size(), 1U);
}

TEST_F(NamesReaderTest, AChangeDuringAReadingIsReadBehindIt) {
    reader_.read();
    reader_.readAnew();
    reader_.readAnew();
    ASSERT_EQ(node_->names_readings.size(), 1U);
    node_->names_readings[0]->sendColumns(kHeader);
    node_->names_readings[0]->complete("SELECT 0", 0);
    ASSERT_TRUE(processEventsUntil([&] { return node_->names_readings.size() == 2; }));
    sendShop(*node_->names_readings[1]);
    node_->names_readings[1]->complete("SELECT 10", 10);
    ASSERT_TRUE(processEventsUntil([&] { return reader_.names()->findTable("", "orders").has_value(); }));
    EXPECT_EQ(node_->names_readings.size(), 2U);
    reader_.readAnew();
    EXPECT_EQ(node_->names_readings.size(), 3U);
}

TEST_F(NamesReaderTest, APauseKeepsTheNodeFromSendingMore) {
    reader_.setPaused(true);
    reader_.read();
    EXPECT_TRUE(node_->names_readings.empty());
    reader_.setPaused(false);
    ASSERT_EQ(node_->names_readings.size(), 1U);
    reader_.setPaused(true);
    sendShop(*node_->names_readings[0]);
    EXPECT_EQ(node_->names_readings[0]->released, 0) << "the client reads on when it is released";
    reader_.setPaused(false);
    EXPECT_EQ(node_->names_readings[0]->released, 2);
    node_->names_readings[0]->complete("SELECT 10", 10);
    ASSERT_TRUE(processEventsUntil([&] { return reader_.names() != nullptr; }));
    // A change that is told of during a pause is read behind it.
    reader_.setPaused(true);
    reader_.readAnew();
    EXPECT_EQ(node_->names_readings.size(), 1U);
    reader_.setPaused(false);
    EXPECT_EQ(node_->names_readings.size(), 2U);
}

TEST_F(NamesReaderTest, AFailureKeepsWhatWasReadBefore) {
    reader_.read();
    sendShop(*node_->names_readings[0]);
    node_->names_readings[0]->complete("SELECT 10", 10);
    ASSERT_TRUE(processEventsUntil([&] { return reader_.names() != nullptr; }));
    bool has_failed = false;
    QObject::connect(&reader_, &NamesReader::readFailed, &reader_, [&] { has_failed = true; });
    reader_.read();
    ASSERT_EQ(node_->names_readings.size(), 2U);
    node_->names_readings[1]->failWith(Error::make(ErrorCode::kUnavailable, "gone"));
    ASSERT_TRUE(processEventsUntil([&] { return has_failed; }));
    EXPECT_TRUE(reader_.names());
    EXPECT_EQ(reader_.error().message, "gone");
}

TEST(NamesReader, AnAnswerAfterItsEndIsDropped) {
    auto node = std::make_shared<FakeNodeClient>("lake");
    auto reader = std::make_unique<NamesReader>(node);
    reader->read();
    reader.reset();
    EXPECT_TRUE(node->names_readings[0]->is_cancelled);
    node->names_readings[0]->complete("SELECT 0", 0);
    processPendingEvents();
}

}  // namespace
}  // namespace tessera::app

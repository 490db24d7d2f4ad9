#include "app/core/catalog/mesh_search.h"

#include "app/core/testing/sample_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<NodeNames> twoNodes() {
    NameIndexBuilder lake;
    lake.addTable("files", "flights", RelationKind::kForeignTable, "On-time records of every departure");
    lake.addColumn("delay", "integer", false, 0, "Minutes behind the schedule");
    lake.addColumn("orders", "integer", false, 0, "");
    return {{"operations", std::make_shared<NameIndex>(sampleNames())},
            {"lake", std::make_shared<NameIndex>(lake.finish())}};
}

std::vector<std::string> placesOf(std::string_view text, std::size_t limit = 4) {
    std::vector<std::string> places;
    for (const FoundName& found : searchMesh(twoNodes(), text, limit)) {
        places.push_back(found.node + ":" + found.schema + "." + (found.table.empty() ? "" : found.table + ".") +
                         found.name);
    }
    return places;
}

TEST(MeshSearch, ExactNamesOfTablesComeFirst) {
    EXPECT_THAT(placesOf("orders", 3), ElementsAre("operations:public.orders.orders", "operations:crm.orders.orders",
                                                   "lake:files.flights.orders"));
}

TEST(MeshSearch, WordsOfCommentsAreFoundInAnyCase) {
    EXPECT_THAT(placesOf("DEPARTURE"), ElementsAre("lake:files.flights.flights"));
    EXPECT_THAT(placesOf(" minutes  schedule "), ElementsAre("lake:files.flights.delay"));
}

TEST(MeshSearch, LettersInOrderFindATable) {
    EXPECT_EQ(placesOf("oi").at(0), "operations:public.order_items.order_items");
    EXPECT_THAT(placesOf("fgts"), ElementsAre("lake:files.flights.flights"));
}

TEST(MeshSearch, ADotNamesTheSchemaOrTheTable) {
    EXPECT_THAT(placesOf("crm.orders"), ElementsAre("operations:crm.orders.orders"));
    EXPECT_THAT(placesOf("flights.del"), ElementsAre("lake:files.flights.delay"));
    EXPECT_THAT(placesOf("nowhere.orders"), IsEmpty());
}

TEST(MeshSearch, NothingIsAskedNothingFound) {
    EXPECT_THAT(placesOf(""), IsEmpty());
    EXPECT_THAT(placesOf("   "), IsEmpty());
    EXPECT_THAT(placesOf("files."), IsEmpty());
    EXPECT_THAT(placesOf("orders", 0), IsEmpty());
    EXPECT_TRUE(searchMesh({}, "orders", 5).empty());
}

}  // namespace
}  // namespace tessera::app

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

TEST(MeshSearch, WordsOfCommentsOfFunctionsAreFoundToo) {
    EXPECT_THAT(placesOf("nearest integer"), ElementsAre("operations:pg_catalog.round"));
}

TEST(MeshSearch, TagsAreFoundByTheirBeginOnAllNodes) {
    NameIndexBuilder people;
    people.addTable("crm", "people", RelationKind::kTable, "Who they are.\n\n#PII #daily");
    people.addColumn("mail", "text", false, 0, "Where letters go #pii");
    people.addColumn("note", "text", false, 0, "No pii in here");
    NameIndexBuilder staff;
    staff.addTable("hr", "staff", RelationKind::kTable, "#pii");
    staff.addTable("hr", "rooms", RelationKind::kTable, "#picture");
    const std::vector<NodeNames> nodes{{"a", std::make_shared<NameIndex>(people.finish())},
                                       {"b", std::make_shared<NameIndex>(staff.finish())}};
    const auto names = [&](std::string_view text) {
        std::vector<std::string> found;
        for (const FoundName& name : searchMesh(nodes, text, 10)) {
            found.push_back(name.name + (name.kind == FoundName::Kind::kTag ? " " + name.detail : ""));
        }
        return found;
    };
    EXPECT_THAT(names("#pii"), ElementsAre("staff", "people", "mail"));
    EXPECT_THAT(names("#PI"), ElementsAre("#pii 3", "#picture 1", "staff", "rooms", "people", "mail"));
    EXPECT_THAT(names("#pii letters"), ElementsAre("mail"));
    EXPECT_EQ(names("#").at(2), "#picture 1");
    EXPECT_THAT(names("#nope"), IsEmpty());
    // Without the sign it is a word as any other.
    EXPECT_EQ(names("pii").size(), 4U);
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

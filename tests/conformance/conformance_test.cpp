/// The contract of plugins/sdk/connector.h, for every connector: sessions, catalog, values, batches, parameters,
/// errors.

#include "plugins/sdk/batch_builder.h"
#include "tests/conformance/arrow_text.h"
#include "tests/conformance/connector_client.h"
#include "tests/conformance/source.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace tessera::conformance {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// A session that must open.
ClientSession openSession(Source& source, const TestHost& host) {
    auto session = ClientSession::open(source.connector(), host, source.options());
    if (!session) {
        throw std::runtime_error(session.error().describe());
    }
    return std::move(*session);
}

/// Rows by their key, as sources may give them in any order.
void sortByKey(RowList& rows) {
    std::sort(rows.begin(), rows.end(), [](const auto& left, const auto& right) {
        return std::stoll(left.at(0).value_or("0")) < std::stoll(right.at(0).value_or("0"));
    });
}

/// Long values would bury the message of a failed comparison.
std::string shown(const Cell& cell) {
    return !cell               ? "NULL"
           : cell->size() > 80 ? cell->substr(0, 40) + "… (" + std::to_string(cell->size()) + " bytes)"
                               : *cell;
}

/// The known table with some values, to be read with the key first.
void expectValues(const RowList& rows, const KnownTable& table, const std::vector<std::size_t>& columns) {
    ASSERT_EQ(rows.size(), table.rowCount());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const KnownColumn& column = table.columns[columns[i]];
            EXPECT_TRUE(rows[row][i] == column.values[row])
                << "column " << column.name << ", row " << row + 1 << ": got " << shown(rows[row][i]) << ", expected "
                << shown(column.values[row]);
        }
    }
}

TEST_P(ConnectorConformance, DescribesItself) {
    const auto loaded = loadBuiltConnector(source().connector());
    ASSERT_TRUE(loaded) << loaded.error().describe();
    const TsrConnector& connector = **loaded;
    EXPECT_EQ(std::string(connector.dialect).empty(), connector.session_dialect != nullptr);
    EXPECT_EQ(connector.name, source().connector());
    std::set<std::string> names;
    for (std::size_t i = 0; i < connector.option_count; ++i) {
        const TsrOptionSpec& option = connector.options[i];
        EXPECT_TRUE(names.insert(option.name).second) << option.name << " is there twice";
        EXPECT_NE(option.scopes, 0U) << option.name;
        EXPECT_THAT(std::string(option.description), Not(IsEmpty())) << option.name;
        if (std::string(option.name).find("password") != std::string::npos) {
            EXPECT_TRUE(option.secret) << option.name;
        }
    }
    for (const auto& [name, value] : source().options()) {
        EXPECT_TRUE(names.contains(name))
            << "the test uses option " << name << ", which the connector does not declare";
    }
}

TEST_P(ConnectorConformance, OpensASessionThatIsUsable) {
    const TestHost host;
    ClientSession session = openSession(source(), host);
    EXPECT_TRUE(session.usable());
}

TEST_P(ConnectorConformance, ListsTheKnownTable) {
    const TestHost host;
    ClientSession session = openSession(source(), host);
    const KnownTable& known = source().knownTable();
    const auto all = session.listTables(source().schema());
    ASSERT_TRUE(all) << all.error().describe();
    EXPECT_TRUE(
        std::any_of(all->begin(), all->end(), [&](const ListedTable& table) { return table.name == known.name; }));
    const auto one = session.listTables(source().schema(), known.name);
    ASSERT_TRUE(one) << one.error().describe();
    ASSERT_THAT(*one, SizeIs(1));
    const ListedTable& listed = one->front();
    EXPECT_EQ(listed.comment, known.comment);
    EXPECT_GE(listed.row_count, -1);
    ASSERT_EQ(listed.columns.size(), known.columns.size());
    for (std::size_t i = 0; i < known.columns.size(); ++i) {
        EXPECT_EQ(listed.columns[i].name, known.columns[i].name);
        EXPECT_EQ(listed.columns[i].pg_type, known.columns[i].pg_type) << known.columns[i].name;
        EXPECT_EQ(listed.columns[i].not_null, known.columns[i].not_null) << known.columns[i].name;
        EXPECT_EQ(listed.columns[i].key_position, known.columns[i].key_position) << known.columns[i].name;
    }
}

TEST_P(ConnectorConformance, ListsNothingForATableThatIsNotThere) {
    const TestHost host;
    ClientSession session = openSession(source(), host);
    const auto none = session.listTables(source().schema(), "no such table'\"; --");
    ASSERT_TRUE(none) << none.error().describe();
    EXPECT_THAT(*none, IsEmpty());
    EXPECT_TRUE(session.usable());
}

TEST_P(ConnectorConformance, SaysHowLargeATableIs) {
    const TestHost host;
    ClientSession session = openSession(source(), host);
    const auto listed = session.listTables(source().schema(), source().knownTable().name);
    ASSERT_TRUE(listed) << listed.error().describe();
    ASSERT_THAT(*listed, SizeIs(1));
    const auto statistics = session.statistics(listed->front().options);
    ASSERT_TRUE(statistics) << statistics.error().describe();
    EXPECT_TRUE(statistics->row_count == -1 ||
                statistics->row_count == static_cast<double>(source().knownTable().rowCount()))
        << statistics->row_count;
    EXPECT_GE(statistics->byte_count, -1);
}

TEST_P(ConnectorConformance, ReadsEachTypeExactly) {
    const TestHost host;
    ClientSession session = openSession(source(), host);
    const KnownTable& known = source().knownTable();
    for (std::size_t i = 0; i < known.columns.size(); ++i) {
        SCOPED_TRACE(known.columns[i].name);
        auto rows = session.query({source().select(known.name, {known.columns[0].name, known.columns[i].name}),
                                   {known.columns[0].type, known.columns[i].type}});
        ASSERT_TRUE(rows) << rows.error().describe();
        sortByKey(*rows);
        expectValues(*rows, known, {0, i});
    }
}

TEST_P(ConnectorConformance, ReadsAllColumnsAtOnce) {
    const TestHost host;
    ClientSession session = openSession(source(), host);
    const KnownTable& known = source().knownTable();
    auto rows = session.query({source().select(known.name, columnNames(known)), columnTypes(known)});
    ASSERT_TRUE(rows) << rows.error().describe();
    sortByKey(*rows);
    std::vector<std::size_t> columns;
    for (std::size_t i = 0; i < known.columns.size(); ++i) {
        columns.push_back(i);
    }
    expectValues(*rows, known, columns);
}

TEST_P(ConnectorConformance, CountsRowsWithoutColumns) {
    const TestHost host;
    ClientSession session = openSession(source(), host);
    const auto rows = session.countRows({source().select(source().knownTable().name, {}), {}});
    ASSERT_TRUE(rows) << rows.error().describe();
    EXPECT_EQ(*rows, static_cast<std::int64_t>(source().knownTable().rowCount()));
}

TEST_P(ConnectorConformance, KeepsBatchesNearTheSizeAskedFor) {
    const TestHost host;
    const auto made = source().makeManyRows();
    ASSERT_TRUE(made) << made.error().describe();
    ClientSession session = openSession(source(), host);
    constexpr std::size_t kBatchBytes = 256 * 1024;
    auto cursor =
        session.execute({source().select("many", {"id", "filler"}), {TSR_TYPE_INT64, TSR_TYPE_TEXT}, {}, kBatchBytes});
    ASSERT_TRUE(cursor) << cursor.error().describe();
    std::int64_t rows = 0;
    std::int64_t sum = 0;
    while (true) {
        const auto batch = cursor->nextBatch();
        ASSERT_TRUE(batch) << batch.error().describe();
        if (!*batch) {
            break;
        }
        // A row, or a chunk of the source's library, may go beyond.
        const std::size_t bytes = batchBytes(***batch, cursor->types());
        EXPECT_LE(bytes, 2 * kBatchBytes);
        if (rows == 0) {
            EXPECT_LE(bytes, kBatchBytes) << "the first batch should come soon";
        }
        for (std::int64_t row = 0; row < (***batch).length; ++row) {
            sum += std::stoll(cellText(***batch, cursor->types(), row, 0).value());
        }
        rows += (***batch).length;
    }
    EXPECT_EQ(rows, source().manyRows());
    EXPECT_EQ(sum, source().manyRows() * (source().manyRows() + 1) / 2);
}

/// A value of a batch as a parameter; `flag` holds a boolean, which has no address in Arrow.
TsrParam paramOf(const ArrowArray& batch, TsrType type, std::int64_t row, std::size_t column, bool& flag) {
    const ArrowArray& array = *batch.children[column];
    const std::string_view format = sdk::arrowFormat(type);
    if (type == TSR_TYPE_BOOL) {
        flag = (static_cast<const std::uint8_t*>(array.buffers[1])[row / 8] >> (row % 8) & 1) != 0;
        return {type, false, &flag, sizeof flag};
    }
    if (format == "u" || format == "z") {
        const auto* offsets = static_cast<const std::int32_t*>(array.buffers[1]);
        return {type, false, static_cast<const char*>(array.buffers[2]) + offsets[row],
                static_cast<std::size_t>(offsets[row + 1] - offsets[row])};
    }
    const std::size_t width = type == TSR_TYPE_UUID                                                         ? 16
                              : type == TSR_TYPE_INT16                                                      ? 2
                              : type == TSR_TYPE_INT32 || type == TSR_TYPE_FLOAT32 || type == TSR_TYPE_DATE ? 4
                                                                                                            : 8;
    return {type, false, static_cast<const char*>(array.buffers[1]) + static_cast<std::size_t>(row) * width, width};
}

TEST_P(ConnectorConformance, FindsEachValueByParameter) {
    const TestHost host;
    ClientSession session = openSession(source(), host);
    const KnownTable& known = source().knownTable();
    int checked = 0;
    for (const KnownColumn& column : known.columns) {
        const auto text = source().selectEqual(known.name, {column.name}, column.name);
        if (!text) {
            continue;
        }
        SCOPED_TRACE(column.name);
        // What was read must be what can be asked for.
        std::vector<Batch> batches;
        {
            auto cursor = session.execute({source().select(known.name, {column.name}), {column.type}});
            ASSERT_TRUE(cursor) << cursor.error().describe();
            while (true) {
                auto batch = cursor->nextBatch();
                ASSERT_TRUE(batch) << batch.error().describe();
                if (!*batch) {
                    break;
                }
                batches.push_back(std::move(**batch));
            }
        }
        for (const Batch& batch : batches) {
            for (std::int64_t row = 0; row < (*batch).length; ++row) {
                const Cell cell = cellText(*batch, {column.type}, row, 0);
                if (!cell) {
                    continue;
                }
                bool flag = false;
                const auto rows = session.query({*text, {column.type}, {paramOf(*batch, column.type, row, 0, flag)}});
                ASSERT_TRUE(rows) << rows.error().describe();
                EXPECT_THAT(*rows, Not(IsEmpty())) << "nothing equals " << shown(cell);
                EXPECT_TRUE(std::all_of(rows->begin(), rows->end(), [&](const auto& found) {
                    return found[0] == cell;
                })) << shown(cell);
                ++checked;
            }
        }
        const auto none = session.countRows({*text, {column.type}, {TsrParam{column.type, true, nullptr, 0}}});
        ASSERT_TRUE(none) << none.error().describe();
        EXPECT_EQ(*none, 0) << "something equals NULL";
    }
    if (checked == 0) {
        GTEST_SKIP() << "this source takes no parameters";
    }
}

TEST_P(ConnectorConformance, ReportsABadStatementAndGoesOn) {
    const TestHost host;
    ClientSession session = openSession(source(), host);
    const auto refused = session.countRows({source().badStatement(), {}});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().sqlstate, SizeIs(5));
    EXPECT_NE(refused.error().sqlstate, "00000");
    EXPECT_THAT(refused.error().message, Not(IsEmpty()));
    EXPECT_TRUE(session.usable());
    const auto rows = session.countRows({source().select(source().knownTable().name, {}), {}});
    EXPECT_TRUE(rows) << rows.error().describe();
}

TEST_P(ConnectorConformance, NamesAColumnThatIsNotOfTheWantedType) {
    const TestHost host;
    ClientSession session = openSession(source(), host);
    const KnownTable& known = source().knownTable();
    const auto text = std::find_if(known.columns.begin(), known.columns.end(),
                                   [](const KnownColumn& column) { return column.type == TSR_TYPE_TEXT; });
    ASSERT_NE(text, known.columns.end());
    const auto rows = session.query(
        {source().select(known.name, {known.columns[0].name, text->name}), {TSR_TYPE_INT64, TSR_TYPE_DATE}});
    ASSERT_FALSE(rows);
    EXPECT_THAT(rows.error().message, testing::AnyOf(HasSubstr(text->name), HasSubstr("column 2")));
    EXPECT_TRUE(session.usable());
}

TEST_P(ConnectorConformance, SaysWhichTableOrColumnIsMissing) {
    const TestHost host;
    ClientSession session = openSession(source(), host);
    const auto table = session.countRows({source().select("nowhere", {}), {}});
    ASSERT_FALSE(table);
    EXPECT_THAT(table.error().message, HasSubstr("nowhere"));
    const auto column = session.countRows({source().select(source().knownTable().name, {"nothing"}), {TSR_TYPE_TEXT}});
    ASSERT_FALSE(column);
    EXPECT_THAT(column.error().message, HasSubstr("nothing"));
    EXPECT_TRUE(session.usable());
}

}  // namespace
}  // namespace tessera::conformance

#pragma once

/// What a connector brings to the conformance suite: a source with known data, and how to speak to it.
///
/// To join, write tests/conformance/NAME_source.cpp with a subclass of Source and, as its last line,
///
///     INSTANTIATE_TEST_SUITE_P(NAME, ConnectorConformance, testing::Values(SourceFactory{"NAME", &startNameSource}));
///
/// Nothing else has to be edited. The tests of a connector share a source, until one kills it. What a source can't do
/// (a file has no password) stays at the default, and the tests for it are skipped.

#include "common/result.h"
#include "plugins/sdk/connector.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace tessera::conformance {

using OptionList = std::vector<std::pair<std::string, std::string>>;
/// A value in PostgreSQL's text form (bytea as \x…); none is NULL.
using Cell = std::optional<std::string>;

/// A column of the known table: what list_tables must say of it, and its values, row by row, when read as `type`.
struct KnownColumn {
    std::string name;
    std::string pg_type;
    TsrType type;
    std::vector<Cell> values;
    bool not_null = false;
    int key_position = 0;
};

/// A table with a column for each type that the connector supports, and hostile values: NULL, empty text, "Žluť 🐎",
/// 1 MB of text, the least and the greatest integers, infinities, days before Christ, as far as the source has them.
/// The first column is a key that gives the order of the rows.
struct KnownTable {
    std::string name;
    std::string comment;
    std::vector<KnownColumn> columns;

    std::size_t rowCount() const { return columns.front().values.size(); }
};

class Source {
  public:
    virtual ~Source() = default;

    /// The connector's name, as in libtessera_NAME.so.
    virtual std::string connector() const = 0;
    /// Options of a server and a user mapping that work.
    virtual OptionList options() const = 0;
    /// What IMPORT FOREIGN SCHEMA would name.
    virtual std::string schema() const = 0;
    virtual const KnownTable& knownTable() const = 0;

    /// A statement that reads these columns of a table, maybe none, in any order of rows.
    virtual std::string select(const std::string& table, const std::vector<std::string>& columns) const = 0;

    /// The same, only the rows whose column equals the one parameter; none if the source takes no parameters.
    virtual std::optional<std::string> selectEqual(const std::string& /*table*/,
                                                   const std::vector<std::string>& /*columns*/,
                                                   const std::string& /*filter_column*/) const {
        return std::nullopt;
    }

    /// A statement that the source refuses.
    virtual std::string badStatement() const { return "SELECT FROM WHERE"; }

    /// Makes (on first call) a table `many` with `manyRows()` rows: id bigint from 1, and filler text of about 100
    /// bytes. All its rows must be more than sockets and read-ahead hold: 20 MB.
    virtual Result<> makeManyRows() = 0;

    virtual std::int64_t manyRows() const { return 200'000; }

    /// A statement with one bigint column that runs for at least a minute before its first row.
    virtual std::optional<std::string> longStatement() const { return std::nullopt; }

    /// Is longStatement() running at the source now? For sources outside the process.
    virtual std::optional<bool> longStatementRuns() const { return std::nullopt; }

    /// Like options(), but with a password that is refused; it contains "wrong secret".
    virtual std::optional<OptionList> optionsWithWrongPassword() const { return std::nullopt; }

    /// Like options(), but with this port of 127.0.0.1 instead of the source's.
    virtual std::optional<OptionList> optionsWithPort(std::uint16_t /*port*/) const { return std::nullopt; }

    /// Does its driver hold a whole result before the first row is seen? Then the source may die unnoticed after it.
    virtual bool driverHoldsResults() const { return false; }

    /// Is what a transaction changes gathered, and sent when it commits? Then nothing of it is seen, counted or refused
    /// before.
    virtual bool changesAtCommit() const { return false; }

    /// Ends the source as a crash would; false if it is no process.
    virtual bool kill() { return false; }
};

struct SourceFactory {
    /// As tests are listed; the connector's name.
    const char* name;
    Result<std::unique_ptr<Source>> (*start)();
};

void PrintTo(const SourceFactory& factory, std::ostream* out);

/// The suite: a source for all tests of a connector, started with the first. conformance_test.cpp and
/// conformance_interruption_test.cpp have its tests.
class ConnectorConformance : public testing::TestWithParam<SourceFactory> {
  protected:
    void SetUp() override;
    static void TearDownTestSuite();

    Source& source() { return *source_; }

    /// Source::kill(); the next test gets a new one.
    bool killSource();

  private:
    static std::unique_ptr<Source> source_;
    std::unique_ptr<Source> killed_;  // until the test is over
};

/// What to select and how to read it, for all columns of a known table.
std::vector<std::string> columnNames(const KnownTable& table);
std::vector<TsrType> columnTypes(const KnownTable& table);

/// `count` bytes of text that repeats nothing short.
std::string longText(std::size_t count);

}  // namespace tessera::conformance

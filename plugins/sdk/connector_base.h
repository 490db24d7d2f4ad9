#pragma once

/// The C++ side of the connector boundary: authors write a Session and a Cursor and register them; this file turns
/// Results into TsrError, catches every exception and keeps C++ types off the boundary.
///
///     class CrmSession : public sdk::Session { … };
///     TESSERA_CONNECTOR(crm, "1.0", "postgres", kOptions, &CrmSession::open, nullptr)

#include "common/result.h"
#include "plugins/sdk/batch_builder.h"
#include "plugins/sdk/connector.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::sdk {

/// Options of a server, mapping or table, in their given order; names are unique.
class Options {
  public:
    Options(const TsrOption* options, std::size_t count);

    std::optional<std::string> find(std::string_view name) const;
    std::string get(std::string_view name, std::string_view otherwise) const;
    /// An error that names the option when it is missing.
    Result<std::string> require(std::string_view name) const;
    Result<std::int64_t> getInt(std::string_view name, std::int64_t otherwise, std::int64_t least,
                                std::int64_t most) const;
    Result<bool> getBool(std::string_view name, bool otherwise) const;

    const std::vector<std::pair<std::string, std::string>>& all() const { return options_; }

  private:
    std::vector<std::pair<std::string, std::string>> options_;
};

/// A table as list_tables reports it; owned copies of what TsrTable points to.
struct Column {
    std::string name;
    std::string pg_type;
    bool not_null = false;
    int key_position = 0;
    std::string comment;
    std::vector<std::pair<std::string, std::string>> options;
};

struct Table {
    std::string name;
    std::string comment;
    double row_count = -1;
    std::vector<Column> columns;
    std::vector<std::pair<std::string, std::string>> options;
    std::string skipped;
};

/// A statement to run; the views live until the cursor is closed or, for text and params, until execute() returns.
struct Query {
    std::string_view text;
    std::span<const TsrParam> params;
    std::vector<TsrType> column_types;
    std::size_t batch_bytes;
    bool takes_tuples = false;
    double expected_rows = -1;
    std::string_view range_text = {};  // or empty; see TsrQuery
    std::size_t most_readers = 1;
    Options table_options = {nullptr, 0};
    bool passes_rows = false;       // see TsrQuery; likewise the next
    const TsrFile* file = nullptr;  // lives until execute() returns
};

/// For a source that gives row after row: as tuples where the host takes them and many rows are expected. The host can
/// give the rows of an Arrow batch again without asking the source, which pays off for few.
BatchBuilder rowsOf(const Query& query);

enum class Fetch { kBatch, kEnd, kAgain };

class Cursor {
  public:
    virtual ~Cursor() = default;  // ends the statement, at the source too
    /// kBatch: `array` holds rows. See TsrConnector::next.
    virtual Result<Fetch> next(ArrowArray* array) = 0;

    /// kAgain instead of a wait, when there is a socket() to wait for.
    virtual Result<Fetch> poll(ArrowArray* array) { return next(array); }

    virtual int socket() const { return -1; }

    /// After kEnd: the rows that the statement changed; -1 when the source does not say.
    virtual std::int64_t affected() const { return -1; }

    /// What it knows of itself; see TsrCursorState.
    virtual TsrCursorState state() const { return {sizeof(TsrCursorState), TSR_ENCODING_ARROW, -1, -1, -1, 1}; }
};

/// Where rows are put; the views live until the ingest is closed.
struct Target {
    std::string_view relation;
    Options options;
    std::vector<std::string_view> columns;
    std::vector<TsrType> types;
};

/// Rows on their way into a table. Destroying it before finish() gives them up.
class Ingest {
  public:
    virtual ~Ingest() = default;
    /// Row after row, as many values each as the target has columns.
    virtual Result<> rows(std::span<const TsrParam> values) = 0;
    /// How many rows went in.
    virtual Result<std::int64_t> finish() = 0;
};

struct ColumnStatistics {
    std::string name;
    double null_fraction = 0;
    double width = 0;
    double distinct = 0;  // see TsrColumnStatistics, likewise index
    std::int32_t index = 0;
};

class Session {
  public:
    virtual ~Session() = default;

    virtual bool usable() { return true; }

    /// For connectors registered with the dialect "": that of this session's source. The text lives with the session.
    virtual const char* dialect() const { return ""; }

    virtual Result<std::vector<Table>> listTables(const std::string& schema,
                                                  const std::optional<std::string>& table) = 0;
    virtual Result<TsrStatistics> statistics(const Options& table_options) = 0;

    /// Of the columns that something is known of.
    virtual Result<std::vector<ColumnStatistics>> columnStatistics(const Options& /*table_options*/) {
        return std::vector<ColumnStatistics>();
    }

    /// See TsrConnector::page_count.
    virtual Result<std::int64_t> pageCount(const Options& /*table_options*/) { return 0; }

    virtual Result<std::unique_ptr<Cursor>> execute(const Query& query) = 0;

    /// TsrCapability bits; what is not among them is never called.
    virtual std::uint32_t capabilities() { return 0; }

    virtual Result<> begin(const TsrTransaction& transaction);
    virtual Result<> startStep(TsrStep step, const std::string& name);
    virtual Result<> finishStep();
    virtual Result<std::string> exportSnapshot();
    virtual Result<std::vector<std::string>> listPrepared(const std::string& prefix);
    virtual Result<std::unique_ptr<Ingest>> startIngest(const Target& target);
};

using OpenFunction = Result<std::unique_ptr<Session>> (*)(const TsrHost& host, const Options& options);
using RelationFunction = Result<std::string> (*)(const Options& server_options, const Options& table_options);

/// Blocks all signals for its scope: threads started meanwhile never run the backend's handlers.
class BlockSignals {
  public:
    BlockSignals();
    ~BlockSignals();
    BlockSignals(const BlockSignals&) = delete;
    BlockSignals& operator=(const BlockSignals&) = delete;

  private:
    struct Saved;
    std::unique_ptr<Saved> saved_;
};

/// A commit whose outcome is not known: SQLSTATE 08007.
Error outcomeUnknown(const std::string& source, const std::string& reason);

/// The error of a statement the person cancelled.
Error cancelled();

inline bool isCancelled(const TsrHost& host) {
    return host.poll_signal(&host) == TSR_SIGNAL_CANCEL;
}

/// Fills the C table; used by TESSERA_CONNECTOR. `polls`: cursors have a socket() to wait for.
TsrConnector makeConnector(const char* name, const char* version, const char* dialect,
                           std::span<const TsrOptionSpec> options, OpenFunction open, RelationFunction relation,
                           bool polls = false);

}  // namespace tessera::sdk

/// Defines the library's one exported function. After OPEN come `relation`, which may be nullptr, and `polls`.
#define TESSERA_CONNECTOR(NAME, VERSION, DIALECT, OPTIONS, OPEN, ...)                           \
    extern "C" __attribute__((visibility("default"))) const TsrConnector* tessera_connector();  \
    extern "C" __attribute__((visibility("default"))) const TsrConnector* tessera_connector() { \
        static const TsrConnector kTable =                                                      \
            ::tessera::sdk::makeConnector(#NAME, VERSION, DIALECT, OPTIONS, OPEN, __VA_ARGS__); \
        return &kTable;                                                                         \
    }

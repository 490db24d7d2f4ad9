#pragma once

/// A connector's C table as the host uses it, with results and RAII: what conformance tests speak through. One thread,
/// except TestHost::signal(), which any thread may set.

#include "common/result.h"
#include "plugins/sdk/connector.h"
#include "tests/conformance/source.h"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tessera::conformance {

/// A host whose signal tests set; it counts how often it was asked.
class TestHost {
  public:
    TestHost();
    TestHost(const TestHost&) = delete;
    TestHost& operator=(const TestHost&) = delete;

    const TsrHost* get() const { return &shared_.host; }

    void signal(TsrSignal signal) { shared_.signal = signal; }

    int timesAsked() const { return shared_.asked; }

  private:
    /// poll_signal() gets a pointer to the first member and finds the others behind it.
    struct Shared {
        TsrHost host{};
        mutable std::atomic<TsrSignal> signal = TSR_SIGNAL_NONE;
        mutable std::atomic<int> asked = 0;
    };

    static TsrSignal pollSignal(const TsrHost* host);

    Shared shared_;
};

/// One Arrow batch, released at the end of its scope.
class Batch {
  public:
    Batch() = default;

    Batch(Batch&& other) noexcept : array_(other.array_) { other.array_.release = nullptr; }

    Batch& operator=(Batch&&) = delete;
    ~Batch();

    ArrowArray* get() { return &array_; }

    const ArrowArray& operator*() const { return array_; }

  private:
    ArrowArray array_{};
};

struct ListedColumn {
    std::string name;
    std::string pg_type;
    bool not_null = false;
    int key_position = 0;
    OptionList options;
};

struct ListedTable {
    std::string name;
    std::string comment;
    double row_count = -1;
    std::vector<ListedColumn> columns;
    OptionList options;
    std::string skipped;
};

/// A statement to run, with what it needs.
struct Statement {
    std::string text;
    std::vector<TsrType> types;
    std::vector<TsrParam> params = {};
    std::size_t batch_bytes = 1024 * 1024;
};

using RowList = std::vector<std::vector<Cell>>;

class ClientCursor {
  public:
    ClientCursor(const TsrConnector& connector, TsrCursor* cursor, std::vector<TsrType> types)
        : connector_(connector), cursor_(cursor), types_(std::move(types)) {}

    ClientCursor(ClientCursor&& other) noexcept
        : connector_(other.connector_),
          cursor_(std::exchange(other.cursor_, nullptr)),
          types_(std::move(other.types_)) {}

    ClientCursor& operator=(ClientCursor&&) = delete;

    ~ClientCursor() { close(); }

    /// TSR_OK with a batch that is well formed, TSR_END or TSR_AGAIN.
    Result<TsrStatus> next(Batch& batch);
    /// The next batch, or none at the end; calls again after TSR_AGAIN.
    Result<std::optional<Batch>> nextBatch();
    void close();

    const std::vector<TsrType>& types() const { return types_; }

  private:
    const TsrConnector& connector_;
    TsrCursor* cursor_;
    std::vector<TsrType> types_;
};

class ClientSession {
  public:
    static Result<ClientSession> open(const std::string& connector, const TestHost& host, const OptionList& options);

    ClientSession(ClientSession&& other) noexcept
        : connector_(other.connector_), session_(std::exchange(other.session_, nullptr)) {}

    ClientSession& operator=(ClientSession&&) = delete;
    ~ClientSession();

    bool usable() { return connector_.usable(session_); }

    Result<std::vector<ListedTable>> listTables(const std::string& schema,
                                                const std::optional<std::string>& table = std::nullopt);
    Result<TsrStatistics> statistics(const OptionList& table_options);
    Result<ClientCursor> execute(const Statement& statement);
    /// All rows as text.
    Result<RowList> query(const Statement& statement);
    /// Only their number.
    Result<std::int64_t> countRows(const Statement& statement);

  private:
    ClientSession(const TsrConnector& connector, TsrSession* session) : connector_(connector), session_(session) {}

    const TsrConnector& connector_;
    TsrSession* session_;
};

/// The table of a connector of this build.
Result<const TsrConnector*> loadBuiltConnector(const std::string& name);

}  // namespace tessera::conformance

#pragma once

/// The store's data: a SQLite database to which committed entries are applied, one after another, in transactions with
/// the index up to which it holds them. Applying needs no confirmation from the disk (synchronous
/// NORMAL): after a crash the log is applied again from that index on. One thread.

#include "nodeservice/store/raft/types.h"
#include "nodeservice/store/sql/command.h"
#include "nodeservice/store/sql/environment.h"
#include "nodeservice/store/sqlite/checkpointer.h"
#include "nodeservice/store/sqlite/statement_cache.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::store {

/// The data at one index, whatever is applied meanwhile. It keeps SQLite's log from being shortened: not for long.
class PinnedState {
  public:
    raft::Index index() const { return index_; }

    /// Writes it to a new file, a few pages at a time; given up with kCancelled when `is_wanted` says no.
    Result<> copyTo(const std::filesystem::path& path, const std::function<bool()>& is_wanted);

  private:
    friend class Data;

    PinnedState(sqlite::Database database, raft::Index index) : database_(std::move(database)), index_(index) {}

    sqlite::Database database_;
    raft::Index index_;
};

class Data {
  public:
    enum class Durability {
        kAfterCrash,  ///< What was applied is there after a crash, or is applied again from the index that is.
        kNone,        ///< Of a copy that a crash makes worthless.
    };

    static Result<std::unique_ptr<Data>> open(const std::filesystem::path& path,
                                              Durability durability = Durability::kAfterCrash);

    /// Looks whether the file holds together (SQLite's quick_check): kDataLoss when it does not. Reads all of it.
    Result<> check();

    /// The next entry after applied(). A statement's own error is its outcome, the same on every node; an Error is this
    /// machine's (a full disk, damage): nothing is applied then, and the node must not go on.
    Result<Outcome> apply(const raft::Entry& entry);

    /// The same for the entries that follow, or the first of them, in one transaction: what came of each, which is what
    /// would have come of it alone.
    Result<std::vector<Outcome>> apply(std::span<const raft::Entry> entries);

    /// Tries the command on the state of now and undoes it: what fails here need not enter the log. One that was
    /// answered before does not fail.
    Result<> validate(const Command& command);

    /// What has been applied goes from SQLite's log into the file apart from apply(): by tidy(), to be called when
    /// nobody waits, and a thread of its own.
    Result<> tidyApart();
    void tidy();

    /// Whether the command is certain not to fail on the state of now, as far as few steps can tell: for threads that
    /// others need. False says nothing.
    bool validatesBriefly(const Command& command);

    using Rows = std::vector<std::vector<sqlite::Value>>;

    /// A statement that only reads.
    Result<Rows> query(const SqlStatement& statement);

    raft::Index applied() const { return applied_; }

    /// The time of the last command, in milliseconds since 1970: what statements saw as now.
    std::int64_t nowMs() const { return now_ms_; }

    /// Of all that was applied, in its order, and of what it did: equal on all nodes at the same index, or one of them
    /// is wrong.
    std::uint64_t hash() const { return hash_; }

    /// Writes a copy of the state of now to a new file.
    Result<> backUp(const std::filesystem::path& path);

    /// The state of now, for another thread.
    Result<PinnedState> pin();

    /// Puts such a copy in this one's place.
    Result<> restore(const std::filesystem::path& path);

  private:
    friend class ChangeRecorder;

    explicit Data(std::filesystem::path path) : path_(std::move(path)), environment_(std::make_unique<Environment>()) {}

    /// What the members of these names are to be when the transaction is committed.
    struct Reached {
        raft::Index applied = 0;
        std::uint64_t hash = 0;
        std::int64_t now_ms = 0;
    };

    Result<> start();
    void forgetStatements();
    Result<sqlite::LentStatement> own(std::string_view sql);
    Result<> runOwn(std::string_view sql, std::initializer_list<sqlite::Value> values = {});
    Result<Command> commandOf(const raft::Entry& entry, const Reached& before) const;
    Result<std::vector<Outcome>> applyGroup(std::span<const raft::Entry> entries, Reached& reached);
    Result<Outcome> applyCommand(const Command& command, bool& has_undone_all);
    Result<Outcome> runStatements(const Command& command, bool is_tried);
    bool hasLostTransaction() const;
    bool hasOpenReferences() const;
    Result<StatementOutcome> runStatement(const SqlStatement& statement, const Command& command);
    Result<sqlite::LentStatement> prepareUsers(const SqlStatement& statement, const Command& command,
                                               std::optional<sqlite::Statement>& once);
    Result<std::string> guardedNames(std::uint64_t names);
    Result<> checkNames(const std::string& before, std::uint64_t names);
    Result<std::optional<Outcome>> answeredBefore(const Command& command);
    Result<> keepAnswer(const Command& command, const Outcome& outcome);
    Result<> keepRow(sqlite::Statement& row, StatementOutcome& outcome);

    // replacement.cpp
    Result<Outcome> takePart(const RestoreStep& step);
    Result<std::optional<std::string>> prepareReplacement(const RestoreStep& step);
    Result<Outcome> replace(const raft::Entry& entry, const Command& command);

    std::filesystem::path replacementFile() const { return path_.string() + ".replacement"; }

    std::filesystem::path path_;
    /// Before the connection, which refers to it.
    std::unique_ptr<Environment> environment_;
    std::unique_ptr<sqlite::Checkpointer> checkpointer_;
    std::optional<sqlite::Database> database_;
    // Of the connection; behind it, as they go first.
    sqlite::StatementCache own_statements_;
    sqlite::StatementCache users_statements_;
    raft::Index applied_ = 0;
    std::uint64_t hash_ = 0;
    /// Never goes back, whatever leaders' clocks do.
    std::int64_t now_ms_ = 0;
    /// What the rows weigh that the command keeps.
    std::size_t row_bytes_ = 0;
};

}  // namespace tessera::store

#pragma once

/// The endpoints of a mesh, as a node publishes and serves them. Publishing waits for the store; serving uses what the
/// node has read last, looks again when its data have changed, and goes on while the store has no leader. Any thread;
/// what it is given outlives it.

#include "nodeservice/endpoints/model/tables.h"
#include "nodeservice/endpoints/service/bundle.h"
#include "nodeservice/endpoints/service/records.h"
#include "nodeservice/endpoints/service/signatures.h"
#include "nodeservice/endpoints/service/store.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tessera::endpoints {

struct File {
    /// What messages call it.
    std::string origin;
    std::string text;
};

struct AppliedEndpoint {
    enum class Change { kUnchanged, kCreated, kChanged, kRemoved };

    std::string name;
    Change change = Change::kUnchanged;
    std::int64_t version = 0;
    std::string diff;
    /// By which callers of the version before may fail.
    std::vector<std::string> breaking;
};

struct Application {
    std::vector<AppliedEndpoint> endpoints;
    /// Statements by which models' tables are made, or would be.
    std::vector<std::string> table_changes;
    /// All that is wrong; then nothing was applied.
    std::vector<Error> problems;
};

/// How an endpoint was called since the node was started.
struct Usage {
    std::uint64_t calls = 0;
    /// Some of the roles that called.
    std::set<std::string> roles{};
};

struct ApplyOptions {
    std::string author;
    /// Only says what would change.
    bool is_dry = false;
    /// Changes that break callers are applied, too.
    bool allows_breaking = false;
};

/// The database as an author of endpoints sees it, for one Endpoints::apply().
class AuthorDatabase {
  public:
    virtual ~AuthorDatabase() = default;

    /// The result's columns.
    virtual Result<std::vector<ResultColumn>> describe(const Definition& definition) = 0;
    /// As endpoints::makeTables(); describe() knows of them. Without keepTables() all is as before.
    virtual Result<std::vector<std::string>> makeTables(const std::vector<ModelTable>& tables) = 0;
    virtual Result<> keepTables() = 0;
};

class Endpoints {
  public:
    /// Hears of a version that no trusted node has signed so. Any thread.
    using Tampered = std::function<void(const std::string& endpoint, std::int64_t version, const Error& why)>;

    /// `node`: this one's name.
    Endpoints(std::string node, Store& store, Signatures signatures, Tampered tampered = nullptr)
        : node_(std::move(node)), store_(store), signatures_(std::move(signatures)), tampered_(std::move(tampered)) {}

    /// All files or none: of endpoints, and of models (*.yaml), whose relationships are among them. Of an endpoint that
    /// is as in its file no version is made.
    /// Tables of models are made first: what was made stays when the store then fails, and the next try finds it.
    Result<Application> apply(const std::vector<File>& files, const ApplyOptions& options, AuthorDatabase& database);
    Result<> remove(const std::string& name);
    /// The newest first, those of a removed one, too.
    Result<std::vector<StoredVersion>> versions(const std::string& name);

    /// One that cannot be served has its error.
    struct Served {
        std::string name;
        std::int64_t version = 0;
        Result<std::shared_ptr<const Published>> endpoint;
    };

    Result<std::vector<Served>> list();

    /// A model's file as it was applied last: versions() knows it as "NAME.yaml".
    struct ModelFile {
        std::string name;
        std::int64_t file_version = 0;
        std::string author;
        std::int64_t at_ms = 0;
    };

    Result<std::vector<ModelFile>> models();

    /// kNotFound with the names that are near, where no node had published it before the call; kDataLoss for one that
    /// was tampered with.
    Result<std::shared_ptr<const Published>> find(const std::string& name);
    /// The same without waiting for the store; nothing when it has to be asked.
    std::optional<Result<std::shared_ptr<const Published>>> findAtHand(const std::string& name);

    /// Kept answers of endpoints with one of the tags are given no more, on any node; gives the names of those that
    /// keep any. kNotFound: no endpoint has such a tag. On this node it holds even if the store can't be told.
    Result<std::vector<std::string>> invalidate(const std::vector<std::string>& tags);
    /// What people may see at this node was changed, for the `changes`th time: answers that other nodes keep are given
    /// no more. Nothing is done where they know, or nothing is served.
    Result<> tellOfRights(std::uint64_t changes);
    /// Changes with every invalidation of one of the endpoint's tags, and with what people may see at other nodes, as
    /// far as find() has seen. Does not wait.
    std::string stampOf(const Published& endpoint);

    void countCall(const std::string& name, const std::string& role);
    std::map<std::string, Usage> usage() const;

    /// kNotFound: this node does not serve it. kPermissionDenied: the role may not call it.
    Result<> checkCall(const Published& endpoint, const std::string& role) const;
    /// Those that the role may call here.
    Result<std::vector<std::shared_ptr<const Published>>> callable(const std::string& role);

  private:
    struct Snapshot {
        std::int64_t changes = -1;
        std::map<std::string, Served> served;
        std::map<std::string, std::int64_t> tags;
        /// By node: how often what people may see there was changed.
        std::map<std::string, std::int64_t> rights;
        std::vector<ModelFile> models;
    };

    using Clock = std::chrono::steady_clock;

    enum class Freshness {
        /// What the node has read last, where that may be used.
        kAtHand,
        /// A read that began after the call: it shows all that any node had published before.
        kAnew
    };

    Result<std::shared_ptr<const Snapshot>> snapshot(Freshness freshness = Freshness::kAtHand);
    /// Under the lock: may last_ be used?
    bool isAtHand();
    static Result<std::shared_ptr<const Published>> findIn(const Snapshot& snapshot, const std::string& name);
    Result<std::shared_ptr<const Snapshot>> read(const std::shared_ptr<const Snapshot>& before);
    /// Under the lock: how often the tag was invalidated.
    std::int64_t countOf(const std::string& tag) const;
    /// Tells of one that may not be served, once.
    void refuse(const Served& served, const Snapshot* before) const;
    std::string usersOf(const std::string& name) const;
    /// The endpoints of those files that are models, in their places, and what is withdrawn with them. Makes the
    /// tables.
    Result<std::vector<File>> expand(const std::vector<File>& files, const ApplyOptions& options,
                                     AuthorDatabase& database, Application& application, Batch& batch);
    /// The model's file itself, for people.
    Result<> keepFile(const Model& model, const File& file, const std::string& author, Batch& batch);
    Result<> withdrawOld(const Model& model, const std::vector<File>& derived, Application& application, Batch& batch);
    Result<AppliedEndpoint> plan(const File& file, const ApplyOptions& options, AuthorDatabase& database,
                                 std::vector<Error>& problems, Batch& batch);

    const std::string node_;
    Store& store_;
    Signatures signatures_;
    const Tampered tampered_;
    mutable std::mutex usage_mutex_;
    std::map<std::string, Usage> usage_;  // guarded by usage_mutex_
    std::mutex mutex_;
    std::shared_ptr<const Snapshot> last_;  // guarded by mutex_
    // Invalidations by tag that this node has said itself: what the store's count is at least, and those that the store
    // could not be told. Guarded by mutex_.
    std::map<std::string, std::int64_t> own_counts_;
    std::map<std::string, std::int64_t> untold_;
    Clock::time_point looked_{};  // guarded by mutex_
    std::uint64_t seen_ = 0;      // guarded by mutex_
    bool is_reading_ = false;     // guarded by mutex_
    std::uint64_t begun_ = 0;     // guarded by mutex_; how many reads
    std::uint64_t ended_ = 0;     // guarded by mutex_; the number of that which ended last
    Result<std::shared_ptr<const Snapshot>> ended_with_ = std::shared_ptr<const Snapshot>();  // guarded by mutex_
    std::condition_variable read_;
    std::uint64_t own_changes_ = 0;  // guarded by mutex_; how often this node has published
    std::uint64_t seen_own_ = 0;     // guarded by mutex_; of those, what last_ holds
};

}  // namespace tessera::endpoints

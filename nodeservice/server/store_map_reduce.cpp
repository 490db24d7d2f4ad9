#include "nodeservice/server/store_map_reduce.h"

#include "nodeservice/proto/store.pb.h"
#include "nodeservice/server/event_stream.h"
#include "nodeservice/server/store_rows.h"
#include "nodeservice/server/store_stubs.h"
#include "nodeservice/server/store_values.h"
#include "nodeservice/server/store_writes.h"
#include "nodeservice/store/sql/query.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <set>
#include <utility>

namespace tessera::server {

namespace {

using std::chrono::milliseconds;
using store::Consistency;
using store::raft::Index;
using store::raft::NodeId;
using store::sqlite::Value;

/// Each keeps threads of the members' pools waiting for each other.
constexpr int kMostRunning = 2;
constexpr std::size_t kMostParts = 10'000;
constexpr std::size_t kMostMappedBytes = std::size_t{256} << 20U;

std::string quoted(const std::string& name) {
    std::string out = "\"";
    for (const char c : name) {
        out += c == '"' ? "\"\"" : std::string(1, c);
    }
    return out + "\"";
}

store::ReadPoint at(Index index) {
    store::ReadPoint point = Consistency::kAtIndex;
    point.index = index;
    return point;
}

/// What may go right on another member.
bool isMembersFault(const Error& error) {
    return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kDeadlineExceeded ||
           error.code == ErrorCode::kOutOfRange || error.code == ErrorCode::kResourceExhausted;
}

}  // namespace

/// The rows of all parts, in a database of their own, which SQLite keeps in memory as long as it is small. Any thread.
class StoreMapReduce::Collected {
  public:
    using Rows = std::vector<std::vector<Value>>;

    static Result<std::unique_ptr<Collected>> open() {
        auto made = std::make_unique<Collected>();
        // Without a name SQLite makes a temporary database.
        made->database_ =
            std::make_unique<store::sqlite::Database>(TSR_TRY(store::sqlite::Database::open("", environmentVfs())));
        TSR_TRY(made->environment_->install(made->database_->get()));
        return made;
    }

    /// The whole part, or nothing of it.
    Result<> add(const std::vector<std::string>& columns, NodeId member, const Part& part, const Rows& rows) {
        const std::lock_guard lock(mutex_);
        TSR_TRY(makeTable(columns));
        std::string marks;
        for (std::size_t i = 0; i < columns.size() + 2; ++i) {
            marks += i == 0 ? "?" : ", ?";
        }
        TSR_TRY(database_->execute("BEGIN"));
        auto insert = TSR_TRY(database_->prepare("INSERT INTO mapped VALUES (" + marks + ")"));
        for (const auto& row : rows) {
            insert.reset();
            int position = 0;
            for (const Value& value : row) {
                TSR_TRY(insert.bind(++position, value));
                bytes_ += weightOf(value);
            }
            TSR_TRY(insert.bind(++position, store::sqlite::number(member)));
            TSR_TRY(insert.bind(++position, static_cast<std::int64_t>(part.number)));
            TSR_TRY(insert.step());
        }
        if (bytes_ > kMostMappedBytes) {
            return fail(ErrorCode::kResourceExhausted,
                        "the rows of the map statement weigh more than " + std::to_string(kMostMappedBytes) + " bytes",
                        "let the map statement aggregate, and the reduce statement put the parts together");
        }
        return database_->execute("COMMIT");
    }

    Result<> reduce(const store::SqlStatement& statement, Index index, const store::RowSink& sink) {
        const std::lock_guard lock(mutex_);
        auto prepared = TSR_TRY(store::prepareQuery(*database_, *environment_, statement));
        const int count = sqlite3_column_count(prepared.get());
        std::vector<std::string> names;
        for (int column = 0; column < count; ++column) {
            names.emplace_back(sqlite3_column_name(prepared.get(), column));
        }
        TSR_TRY(sink.begin(names, index));
        while (TSR_TRY(prepared.step())) {
            std::vector<Value> row;
            for (int column = 0; column < count; ++column) {
                row.push_back(prepared.value(column));
            }
            TSR_TRY(sink.row(std::move(row)));
        }
        return {};
    }

  private:
    static const char* environmentVfs() { return store::Environment::vfs(); }

    Result<> makeTable(const std::vector<std::string>& columns) {
        if (columns_ == columns) {
            return {};
        }
        std::string list;
        std::set<std::string> seen;
        for (const std::string& column : columns) {
            if (!seen.insert(column).second) {
                return fail(ErrorCode::kInvalidArgument,
                            "two columns of the map statement have the name '" + column + "'",
                            "give them names of their own with AS");
            }
            list += quoted(column) + ", ";
        }
        columns_ = columns;
        return database_->execute("CREATE TABLE mapped(" + list + "_member, _partition)");
    }

    std::unique_ptr<store::Environment> environment_ = std::make_unique<store::Environment>();
    std::unique_ptr<store::sqlite::Database> database_;
    std::mutex mutex_;
    std::vector<std::string> columns_;
    std::size_t bytes_ = 0;
};

/// Shared by the threads that work on it.
struct StoreMapReduce::Job {
    const v1::StoreMapReduceRequest& request;
    Index index = 0;
    store::Clock::Time deadline;
    std::vector<NodeId> members;
    Collected& collected;

    std::mutex mutex{};
    std::condition_variable changed{};
    // Guarded by the mutex.
    std::deque<Part> waiting{};
    std::size_t working = 0;
    std::size_t members_left = 0;
    std::optional<Error> error{};
    std::optional<Error> last_fault{};
};

StoreMapReduce::StoreMapReduce(const StoreContext& context)
    : context_(context), stubs_(std::make_unique<StoreStubs>(context.channel_credentials)) {}

StoreMapReduce::~StoreMapReduce() = default;

Result<> StoreMapReduce::run(const v1::StoreMapReduceRequest& request, StoreQueryStream& stream) {
    struct Count {
        std::atomic<int>& running;

        ~Count() { --running; }
    };

    const Count count{running_};
    if (++running_ > kMostRunning) {
        return storeIsBusy();
    }
    const auto deadline = std::chrono::steady_clock::now() + storeTimeOf(request.timeout_ms());
    const Index index = TSR_TRY(indexFor(request, deadline));
    auto members = TSR_TRY(membersFor(request));
    const auto parts = TSR_TRY(partsFor(request, members.size(), index, deadline));
    const auto collected = TSR_TRY(Collected::open());
    Job job{request, index, deadline, std::move(members), *collected};
    job.waiting.assign(parts.begin(), parts.end());
    const std::size_t threads = std::min(job.members.size(), parts.size());
    job.members_left = threads;
    for (std::size_t member = 1; member < threads; ++member) {
        if (!context_.workers.trySubmit([this, &job, member] { work(job, member); })) {
            const std::lock_guard lock(job.mutex);
            --job.members_left;
        }
    }
    work(job, 0);
    {
        std::unique_lock lock(job.mutex);
        job.changed.wait(lock, [&job] { return job.members_left == 0; });
        if (job.error) {
            return *job.error;
        }
        if (!job.waiting.empty()) {
            return job.last_fault.value_or(storeIsBusy());
        }
    }
    store::SqlStatement reduce = toStatement(request.reduce());
    if (reduce.sql.empty()) {
        reduce.sql = "SELECT * FROM mapped ORDER BY _partition, _member, rowid";
    }
    StoreRowWriter rows(stream, StoreRowWriter::Form::kApart, context_.slow_reader, context_.longest_query);
    TSR_TRY(collected->reduce(reduce, index, rows.sink()));
    return rows.flush();
}

Result<Index> StoreMapReduce::indexFor(const v1::StoreMapReduceRequest& request, store::Clock::Time deadline) {
    auto answered = std::make_shared<std::promise<Result<Index>>>();
    auto answer = answered->get_future();
    const store::ReadPoint point = request.at_index() == 0 ? store::ReadPoint() : at(request.at_index());
    context_.replica.awaitReadable(point, deadline,
                                   [answered](Result<Index> index) { answered->set_value(std::move(index)); });
    const Index newest = TSR_TRY(answer.get());
    return request.at_index() == 0 ? newest : request.at_index();
}

Result<std::vector<NodeId>> StoreMapReduce::membersFor(const v1::StoreMapReduceRequest& request) const {
    const store::ReplicaStatus status = context_.replica.status();
    std::vector<NodeId> all{status.id};
    for (const auto* group : {&status.membership.voters, &status.membership.learners}) {
        for (const NodeId id : *group) {
            if (id != status.id && !context_.facts_of(id).address.empty()) {
                all.push_back(id);
            }
        }
    }
    std::vector<NodeId> chosen;
    for (const NodeId id : request.members()) {
        if (std::find(all.begin(), all.end(), id) == all.end()) {
            return fail(ErrorCode::kNotFound, "node " + std::to_string(id) + " is no member of the store");
        }
        if (std::find(chosen.begin(), chosen.end(), id) == chosen.end()) {
            chosen.push_back(id);
        }
    }
    return chosen.empty() ? all : chosen;
}

Result<std::vector<StoreMapReduce::Part>> StoreMapReduce::partsFor(const v1::StoreMapReduceRequest& request,
                                                                   std::size_t members, Index index,
                                                                   store::Clock::Time deadline) {
    std::vector<Part> parts;
    for (const v1::StoreParameters& partition : request.partitions()) {
        Part& part = parts.emplace_back(Part{parts.size(), {}});
        for (const v1::StoreValue& value : partition.values()) {
            part.parameters.push_back(toValue(value));
        }
    }
    if (request.has_split()) {
        const std::string column = request.split().column().empty() ? "rowid" : quoted(request.split().column());
        std::vector<Value> found;
        TSR_TRY(context_.replica.queryAt(
            {"SELECT min(" + column + "), max(" + column + "), count(*) FILTER (WHERE typeof(" + column +
                 ") <> 'integer') FROM " + quoted(request.split().table()),
             {}},
            at(index), deadline,
            {[](const auto&, Index) { return Result<>(); },
             [&found](std::vector<Value> row) {
                 found = std::move(row);
                 return Result<>();
             }}));
        const auto* others = std::get_if<std::int64_t>(&found.at(2));
        if (others != nullptr && *others > 0) {
            return fail(ErrorCode::kInvalidArgument,
                        "the column " + column + " has " + std::to_string(*others) + " values that are no integers",
                        "split by another one, or by rowid");
        }
        const auto* least = std::get_if<std::int64_t>(&found.at(0));
        const auto* most = std::get_if<std::int64_t>(&found.at(1));
        const std::size_t wanted =
            std::clamp<std::size_t>(request.split().parts() == 0 ? members : request.split().parts(), 1, kMostParts);
        const std::int64_t from = least == nullptr ? 0 : *least;
        const std::int64_t to = most == nullptr ? -1 : *most;
        const std::uint64_t span =
            most == nullptr ? 0 : static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
        const std::uint64_t step = span / wanted + 1;
        for (std::uint64_t done = 0, i = 0; i < wanted && done <= span; ++i) {
            const bool is_last = i + 1 == wanted || span - done < step;
            const std::uint64_t begin = static_cast<std::uint64_t>(from) + done;
            const auto end = is_last ? to : static_cast<std::int64_t>(begin + step - 1);
            parts.push_back({i, {static_cast<std::int64_t>(begin), end}});
            if (is_last) {
                break;
            }
            done += step;
        }
    }
    if (parts.size() > kMostParts) {
        return fail(ErrorCode::kInvalidArgument, "there are more than " + std::to_string(kMostParts) + " parts");
    }
    if (parts.empty()) {
        for (std::size_t i = 0; i < members; ++i) {
            parts.push_back({i, {}});
        }
    }
    return parts;
}

/// Takes part after part. A member that fails gives its part back, and takes no more.
void StoreMapReduce::work(Job& job, std::size_t member) {
    const bool is_each = job.request.partitions().empty() && !job.request.has_split();
    std::unique_lock lock(job.mutex);
    while (true) {
        job.changed.wait(lock, [&job] { return job.error || !job.waiting.empty() || job.working == 0; });
        if (job.error || job.waiting.empty()) {
            break;
        }
        // Without parts the statement is for every member, and not for whoever is free.
        const auto mine = is_each ? std::find_if(job.waiting.begin(), job.waiting.end(),
                                                 [member](const Part& part) { return part.number == member; })
                                  : job.waiting.begin();
        if (mine == job.waiting.end()) {
            break;
        }
        const Part part = *mine;
        job.waiting.erase(mine);
        ++job.working;
        lock.unlock();
        Collected::Rows rows;
        std::vector<std::string> columns;
        const NodeId id = job.members[member];
        auto done = map(job, id, part,
                        {[&columns](const std::vector<std::string>& names, Index) -> Result<> {
                             columns = names;
                             return {};
                         },
                         [&rows](std::vector<Value> row) -> Result<> {
                             rows.push_back(std::move(row));
                             return {};
                         }});
        if (done) {
            done = job.collected.add(columns, id, part, rows);
        }
        lock.lock();
        --job.working;
        if (!done) {
            const Error error = Error(done.error()).withContext("on member " + std::to_string(id));
            if (!isMembersFault(error) || is_each) {
                job.error = error;
            } else {
                job.waiting.push_back(part);
                job.last_fault = error;
            }
            break;
        }
        job.changed.notify_all();
    }
    --job.members_left;
    job.changed.notify_all();
}

Result<> StoreMapReduce::map(const Job& job, NodeId member, const Part& part, const store::RowSink& sink) {
    store::SqlStatement statement = toStatement(job.request.map());
    statement.parameters.insert(statement.parameters.begin(), part.parameters.begin(), part.parameters.end());
    return member == context_.replica.status().id
               ? context_.replica.queryAt(statement, at(job.index), job.deadline, sink)
               : mapElsewhere(job, member, statement, sink);
}

Result<> StoreMapReduce::mapElsewhere(const Job& job, NodeId member, const store::SqlStatement& statement,
                                      const store::RowSink& sink) {
    const std::string authorization = TSR_TRY(context_.authorize(member));
    const auto left = std::max(
        milliseconds(1), std::chrono::duration_cast<milliseconds>(job.deadline - std::chrono::steady_clock::now()));
    v1::StoreQueryRequest request;
    request.mutable_statement()->set_sql(statement.sql);
    for (const Value& value : statement.parameters) {
        fill(*request.mutable_statement()->add_parameters(), value);
    }
    request.set_consistency(v1::STORE_CONSISTENCY_AT_INDEX);
    request.set_at_index(job.index);
    request.set_timeout_ms(static_cast<std::uint32_t>(left.count()));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + left);
    context.AddMetadata("authorization", authorization);
    return stubs_->query(
        context_.facts_of(member).address, context, request, [&](const v1::StoreQueryEvent& event) -> Result<> {
            if (event.has_begin()) {
                TSR_TRY(sink.begin({event.begin().columns().begin(), event.begin().columns().end()}, job.index));
            }
            for (const v1::StoreRow& row : event.rows().rows()) {
                std::vector<Value> values;
                for (const v1::StoreValue& value : row.values()) {
                    values.push_back(toValue(value));
                }
                TSR_TRY(sink.row(std::move(values)));
            }
            return {};
        });
}

}  // namespace tessera::server

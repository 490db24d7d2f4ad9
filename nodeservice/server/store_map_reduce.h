#pragma once

/// One statement on several members of the store at one index, and another over all the rows that came of it.

#include "nodeservice/server/store_service.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tessera::v1 {
class StoreMapReduceRequest;
class StoreQueryEvent;
}  // namespace tessera::v1

namespace tessera::server {

class StoreStubs;
template <class Event>
class EventStream;

class StoreMapReduce {
  public:
    /// `context` outlives it.
    explicit StoreMapReduce(const StoreContext& context);
    ~StoreMapReduce();

    /// Waits: in a worker's thread. The rows go to the stream, which is not ended.
    Result<> run(const v1::StoreMapReduceRequest& request, EventStream<v1::StoreQueryEvent>& stream);

  private:
    /// What one member is to do.
    struct Part {
        std::size_t number = 0;
        std::vector<store::sqlite::Value> parameters;
    };

    class Collected;
    struct Job;

    Result<store::raft::Index> indexFor(const v1::StoreMapReduceRequest& request, store::Clock::Time deadline);
    Result<std::vector<store::raft::NodeId>> membersFor(const v1::StoreMapReduceRequest& request) const;
    Result<std::vector<Part>> partsFor(const v1::StoreMapReduceRequest& request, std::size_t members,
                                       store::raft::Index index, store::Clock::Time deadline);
    void work(Job& job, std::size_t member);
    Result<> map(const Job& job, store::raft::NodeId member, const Part& part, const store::RowSink& sink);
    Result<> mapElsewhere(const Job& job, store::raft::NodeId member, const store::SqlStatement& statement,
                          const store::RowSink& sink);

    const StoreContext& context_;
    const std::unique_ptr<StoreStubs> stubs_;
    std::atomic<int> running_ = 0;
};

}  // namespace tessera::server

#include "nodeservice/server/store_service.h"

#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/store.grpc.pb.h"
#include "nodeservice/proto/store_peer.grpc.pb.h"
#include "nodeservice/server/call_credentials.h"
#include "nodeservice/server/event_stream.h"
#include "nodeservice/server/store_values.h"
#include "nodeservice/server/store_writes.h"

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <utility>

namespace tessera::server {

namespace {

using store::raft::Membership;
using store::raft::MembershipTarget;
using store::raft::NodeId;

constexpr std::size_t kRowsBytes = std::size_t{64} << 10U;
constexpr std::size_t kBackupPartBytes = std::size_t{256} << 10U;

using QueryStream = EventStream<v1::StoreQueryEvent>;
using BackupStream = EventStream<v1::StoreBackupPart>;

std::size_t weightOf(const store::sqlite::Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        return text->size() + 8;
    }
    const auto* blob = std::get_if<store::sqlite::Blob>(&value);
    return 8 + (blob == nullptr ? 0 : blob->bytes.size());
}

/// Puts rows together to events of a good size.
class RowWriter {
  public:
    explicit RowWriter(QueryStream& stream) : stream_(stream) {}

    store::RowSink sink() {
        return {[this](const std::vector<std::string>& columns, store::raft::Index index) -> Result<> {
                    v1::StoreQueryEvent event;
                    for (const std::string& column : columns) {
                        event.mutable_begin()->add_columns(column);
                    }
                    event.mutable_begin()->set_index(index);
                    return send(std::move(event));
                },
                [this](std::vector<store::sqlite::Value> row) -> Result<> {
                    v1::StoreRow& added = *rows_.mutable_rows()->add_rows();
                    for (store::sqlite::Value& value : row) {
                        bytes_ += weightOf(value);
                        fill(*added.add_values(), std::move(value));
                    }
                    return bytes_ < kRowsBytes ? Result<>() : flush();
                }};
    }

    Result<> flush() {
        if (!rows_.has_rows()) {
            return {};
        }
        bytes_ = 0;
        return send(std::exchange(rows_, {}));
    }

  private:
    Result<> send(v1::StoreQueryEvent event) {
        if (!stream_.write(std::move(event))) {
            return fail(ErrorCode::kCancelled, "the query was cancelled");
        }
        return {};
    }

    QueryStream& stream_;
    v1::StoreQueryEvent rows_;
    std::size_t bytes_ = 0;
};

/// Everyone's part after one member's has changed.
Result<MembershipTarget> changed(const Membership& now, NodeId id, v1::StoreMemberChange change) {
    MembershipTarget target{now.voters, now.learners};
    target.voters.erase(id);
    target.learners.erase(id);
    switch (change) {
        case v1::STORE_MEMBER_CHANGE_LEARNER:
            target.learners.insert(id);
            break;
        case v1::STORE_MEMBER_CHANGE_VOTER:
            target.voters.insert(id);
            break;
        case v1::STORE_MEMBER_CHANGE_REMOVE:
            if (!now.contains(id)) {
                return fail(ErrorCode::kNotFound, "node " + std::to_string(id) + " is no member of the store");
            }
            break;
        default:
            return fail(ErrorCode::kInvalidArgument, "what the member is to become is not said");
    }
    if (target.voters.empty()) {
        return fail(ErrorCode::kInvalidArgument, "the store would have no voter left");
    }
    return target;
}

class StoreService final : public v1::Store::CallbackService {
  public:
    explicit StoreService(StoreContext context) : context_(std::move(context)), writes_(context_) {}

    grpc::ServerUnaryReactor* Execute(grpc::CallbackServerContext* call, const v1::StoreExecuteRequest* request,
                                      v1::StoreExecuteResponse* answer) override {
        grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
        admitted(call, StoreRight::kWrite, reactor, [this, request, answer, reactor] {
            writes_.execute(*request, *answer, request->routing() == v1::STORE_ROUTING_FORWARD,
                            [reactor] { reactor->Finish(grpc::Status::OK); });
        });
        return reactor;
    }

    grpc::ServerWriteReactor<v1::StoreQueryEvent>* Query(grpc::CallbackServerContext* call,
                                                         const v1::StoreQueryRequest* request) override {
        auto* stream = new QueryStream;
        admitted(call, StoreRight::kRead, stream, [this, request, stream] { query(*request, *stream); });
        return stream;
    }

    grpc::ServerUnaryReactor* Status(grpc::CallbackServerContext* call, const v1::StoreStatusRequest* /*request*/,
                                     v1::StoreStatusResponse* answer) override {
        grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
        admitted(call, StoreRight::kRead, reactor, [this, answer, reactor] {
            fill(*answer, context_.replica.status(), context_.facts_of);
            reactor->Finish(grpc::Status::OK);
        });
        return reactor;
    }

    grpc::ServerUnaryReactor* TransferLeadership(grpc::CallbackServerContext* call,
                                                 const v1::StoreTransferRequest* request,
                                                 v1::StoreTransferResponse* answer) override {
        grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
        admitted(call, StoreRight::kAdminister, reactor, [this, request, answer, reactor] {
            context_.replica.transferLeadership(request->to(), [this, answer, reactor](const Result<NodeId>& to) {
                if (to) {
                    fill(*answer->mutable_to(), *to, context_.facts_of);
                }
                reactor->Finish(to ? grpc::Status::OK : client::toStatus(to.error()));
            });
        });
        return reactor;
    }

    grpc::ServerUnaryReactor* ChangeMember(grpc::CallbackServerContext* call,
                                           const v1::StoreChangeMemberRequest* request,
                                           v1::StoreChangeMemberResponse* answer) override {
        grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
        admitted(call, StoreRight::kAdminister, reactor, [this, request, answer, reactor] {
            context_.replica.changeMembership(
                [id = request->id(), change = request->change()](const Membership& now) {
                    return changed(now, id, change);
                },
                [answer, reactor](const Result<store::raft::Position>& begun) {
                    if (begun) {
                        answer->set_index(begun->index);
                    }
                    reactor->Finish(begun ? grpc::Status::OK : client::toStatus(begun.error()));
                });
        });
        return reactor;
    }

    grpc::ServerUnaryReactor* Snapshot(grpc::CallbackServerContext* call, const v1::StoreSnapshotRequest* /*request*/,
                                       v1::StoreSnapshotResponse* /*answer*/) override {
        grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
        admitted(call, StoreRight::kAdminister, reactor, [this, reactor] {
            context_.replica.snapshotNow();
            reactor->Finish(grpc::Status::OK);
        });
        return reactor;
    }

    grpc::ServerWriteReactor<v1::StoreBackupPart>* Backup(grpc::CallbackServerContext* call,
                                                          const v1::StoreBackupRequest* /*request*/) override {
        auto* stream = new BackupStream;
        admitted(call, StoreRight::kAdminister, stream, [this, stream] {
            const auto file = context_.folder / ("backup-" + std::to_string(++backups_) + ".db");
            const auto done = backUp(file, *stream);
            std::error_code ignored;
            std::filesystem::remove(file, ignored);
            stream->end(done ? grpc::Status::OK : client::toStatus(done.error()));
        });
        return stream;
    }

  private:
    /// `work` in a worker's thread, if the caller has the right; else the call ends.
    void admitted(const grpc::CallbackServerContext* call, StoreRight right, auto* reactor,
                  std::function<void()> work) {
        const bool is_taken = context_.workers.trySubmit(
            [this, credentials = credentialsOf(*call), right, reactor, work = std::move(work)] {
                if (const auto may = context_.admit(credentials, right); !may) {
                    return reactor->Finish(client::toStatus(may.error()));
                }
                work();
            });
        if (!is_taken) {
            reactor->Finish(client::toStatus(storeIsBusy()));
        }
    }

    void query(const v1::StoreQueryRequest& request, QueryStream& stream) {
        store::Consistency consistency = toConsistency(request.consistency());
        const bool is_leaders = consistency == store::Consistency::kWeak || consistency == store::Consistency::kLeader;
        if (is_leaders && request.routing() == v1::STORE_ROUTING_FORWARD &&
            context_.replica.status().role != store::raft::Role::kLeader) {
            // Stronger than what was asked for, and the leader need not run it.
            consistency = store::Consistency::kLinearizable;
        }
        const auto deadline = std::chrono::steady_clock::now() + storeTimeOf(request.timeout_ms());
        context_.replica.awaitReadable(
            consistency, deadline, [this, &request, &stream](const Result<store::raft::Index>& index) {
                if (!index) {
                    return stream.Finish(client::toStatus(index.error()));
                }
                const bool is_taken = context_.workers.trySubmit([this, &request, &stream] {
                    RowWriter rows(stream);
                    auto done = context_.replica.queryHere(toStatement(request.statement()), rows.sink());
                    if (done) {
                        done = rows.flush();
                    }
                    stream.end(done ? grpc::Status::OK : client::toStatus(done.error()));
                });
                if (!is_taken) {
                    stream.Finish(client::toStatus(storeIsBusy()));
                }
            });
    }

    Result<> backUp(const std::filesystem::path& file, BackupStream& stream) {
        const store::raft::Index index = TSR_TRY(context_.replica.backUp(file));
        std::ifstream in(file, std::ios::binary);
        std::string bytes(kBackupPartBytes, '\0');
        while (in.read(bytes.data(), static_cast<std::streamsize>(bytes.size())), in.gcount() > 0) {
            v1::StoreBackupPart part;
            part.set_index(index);
            part.set_data(bytes.data(), static_cast<std::size_t>(in.gcount()));
            if (!stream.write(std::move(part))) {
                return fail(ErrorCode::kCancelled, "the backup was cancelled");
            }
        }
        return in.eof() ? Result<>() : fail(ErrorCode::kUnavailable, "cannot read '" + file.string() + "'");
    }

    const StoreContext context_;
    StoreWrites writes_;
    std::atomic<std::uint64_t> backups_ = 0;
};

class StoreForwardService final : public v1::StoreForward::CallbackService {
  public:
    explicit StoreForwardService(StoreContext context) : context_(std::move(context)), writes_(context_) {}

    grpc::ServerUnaryReactor* Execute(grpc::CallbackServerContext* call, const v1::StoreExecuteRequest* request,
                                      v1::StoreExecuteResponse* answer) override {
        grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
        const bool is_taken = context_.workers.trySubmit([this, call, request, answer, reactor] {
            if (const auto member = context_.admit_member(*call); !member) {
                return reactor->Finish(client::toStatus(member.error()));
            }
            // It goes no further: two members that take each other for the leader would send it round in a circle.
            writes_.execute(*request, *answer, false, [reactor] { reactor->Finish(grpc::Status::OK); });
        });
        if (!is_taken) {
            reactor->Finish(client::toStatus(storeIsBusy()));
        }
        return reactor;
    }

  private:
    const StoreContext context_;
    StoreWrites writes_;
};

}  // namespace

std::unique_ptr<grpc::Service> makeStoreService(StoreContext context) {
    return std::make_unique<StoreService>(std::move(context));
}

std::unique_ptr<grpc::Service> makeStoreForwardService(StoreContext context) {
    return std::make_unique<StoreForwardService>(std::move(context));
}

}  // namespace tessera::server

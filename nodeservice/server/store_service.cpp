#include "nodeservice/server/store_service.h"

#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/store.grpc.pb.h"
#include "nodeservice/proto/store_peer.grpc.pb.h"
#include "nodeservice/server/call_credentials.h"
#include "nodeservice/server/event_stream.h"
#include "nodeservice/server/store_changes.h"
#include "nodeservice/server/store_map_reduce.h"
#include "nodeservice/server/store_queries.h"
#include "nodeservice/server/store_rows.h"
#include "nodeservice/server/store_values.h"
#include "nodeservice/server/store_writes.h"

#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <utility>
#include <vector>

namespace tessera::server {

namespace {

using store::raft::Membership;
using store::raft::MembershipTarget;
using store::raft::NodeId;

constexpr std::size_t kBackupPartBytes = std::size_t{256} << 10U;

using StatusStream = EventStream<v1::StoreStatusResponse>;
using BackupStream = EventStream<v1::StoreBackupPart>;

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

Error notForCallers() {
    return fail(ErrorCode::kPermissionDenied,
                "the control plane (jobs, endpoints, denials) is changed by commands of its own",
                "see 'tessera job', 'tessera endpoint', 'tessera deny'");
}

class StoreService final : public v1::Store::CallbackService {
  public:
    explicit StoreService(StoreContext context)
        : context_(std::move(context)),
          writes_(context_),
          queries_(context_),
          changes_(context_),
          map_reduce_(context_) {}

    grpc::ServerUnaryReactor* Execute(grpc::CallbackServerContext* call, const v1::StoreExecuteRequest* request,
                                      v1::StoreExecuteResponse* answer) override {
        grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
        admittedHere(call, StoreRight::kWrite, reactor, [this, request, answer, reactor] {
            if (request->has_restore()) {
                return reactor->Finish(client::toStatus(
                    fail(ErrorCode::kInvalidArgument, "a restore is a call of its own", "call Restore")));
            }
            if (request->is_control_plane()) {
                return reactor->Finish(client::toStatus(notForCallers()));
            }
            write(*request, *answer, reactor);
        });
        return reactor;
    }

    grpc::ServerUnaryReactor* Restore(grpc::CallbackServerContext* call, const v1::StoreExecuteRequest* request,
                                      v1::StoreExecuteResponse* answer) override {
        grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
        admitted(call, StoreRight::kAdminister, reactor, [this, request, answer, reactor] {
            if (request->is_control_plane()) {
                return reactor->Finish(client::toStatus(notForCallers()));
            }
            if (!request->has_restore() || request->statements_size() > 0) {
                return reactor->Finish(client::toStatus(
                    fail(ErrorCode::kInvalidArgument, "a restore has a part of a database, and no statements")));
            }
            write(*request, *answer, reactor);
        });
        return reactor;
    }

    grpc::ServerUnaryReactor* Request(grpc::CallbackServerContext* call, const v1::StoreRequestRequest* request,
                                      v1::StoreRequestResponse* answer) override {
        grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
        admitted(call, StoreRight::kRead, reactor,
                 [this, call, request, answer, reactor] { mixed(credentialsOf(*call), *request, *answer, reactor); });
        return reactor;
    }

    grpc::ServerWriteReactor<v1::StoreQueryEvent>* MapReduce(grpc::CallbackServerContext* call,
                                                             const v1::StoreMapReduceRequest* request) override {
        auto* stream = new StoreQueryStream;
        admitted(call, StoreRight::kRead, stream, [this, request, stream] {
            const auto done = map_reduce_.run(*request, *stream);
            stream->endWhenWritten(done ? grpc::Status::OK : client::toStatus(done.error()));
        });
        return stream;
    }

    grpc::ServerWriteReactor<v1::StoreQueryEvent>* Query(grpc::CallbackServerContext* call,
                                                         const v1::StoreQueryRequest* request) override {
        auto* stream = new StoreQueryStream;
        admittedHere(call, StoreRight::kRead, stream, [this, request, stream] { queries_.query(*request, *stream); });
        return stream;
    }

    grpc::ServerUnaryReactor* Status(grpc::CallbackServerContext* call, const v1::StoreStatusRequest* /*request*/,
                                     v1::StoreStatusResponse* answer) override {
        grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
        admittedHere(call, StoreRight::kRead, reactor, [this, answer, reactor] {
            fill(*answer, context_.replica.status(), context_.facts_of);
            reactor->Finish(grpc::Status::OK);
        });
        return reactor;
    }

    grpc::ServerWriteReactor<v1::StoreChanges>* Changes(grpc::CallbackServerContext* call,
                                                        const v1::StoreChangesRequest* request) override {
        auto* stream = new StoreChangesStream;
        admitted(call, StoreRight::kRead, stream, [this, request, stream, credentials = credentialsOf(*call)] {
            changes_.send(*request, *stream,
                          [this, credentials] { return context_.admit(credentials, StoreRight::kRead); });
        });
        return stream;
    }

    grpc::ServerWriteReactor<v1::StoreStatusResponse>* Watch(grpc::CallbackServerContext* call,
                                                             const v1::StoreWatchRequest* request) override {
        auto* stream = new StatusStream;
        admitted(call, StoreRight::kRead, stream, [this, request, stream] {
            watch(std::make_shared<Watching>(Watching{*stream, intervalOf(*request)}));
        });
        return stream;
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
    struct Watching {
        StatusStream& stream;
        std::chrono::milliseconds interval;
        std::chrono::steady_clock::time_point next = std::chrono::steady_clock::now();
    };

    static std::chrono::milliseconds intervalOf(const v1::StoreWatchRequest& request) {
        constexpr std::uint32_t kUsual = 1000;
        constexpr std::uint32_t kLeast = 100;
        return std::chrono::milliseconds(request.interval_ms() == 0 ? kUsual : std::max(request.interval_ms(), kLeast));
    }

    /// At the replica's ticks: nobody waits. What a slow reader has not taken yet is not followed by more.
    void watch(const std::shared_ptr<Watching>& watching) {
        const auto now = std::chrono::steady_clock::now();
        if (watching->stream.isBroken()) {
            return watching->stream.endWhenWritten(grpc::Status::CANCELLED);
        }
        if (now >= watching->next && !watching->stream.isWriting()) {
            watching->next = now + watching->interval;
            v1::StoreStatusResponse status;
            fill(status, context_.replica.status(), context_.facts_of);
            watching->stream.write(std::move(status));
        }
        if (!context_.replica.atNextTick([this, watching] { watch(watching); })) {
            watching->stream.endWhenWritten(
                client::toStatus(fail(ErrorCode::kUnavailable, "this node of the store has stopped", "ask another")));
        }
    }

    /// `work` in a worker's thread, if the caller has the right; else the call ends.
    void admitted(const grpc::CallbackServerContext* call, StoreRight right, auto* reactor,
                  std::function<void()> work) {
        inWorker(credentialsOf(*call), right, reactor, std::move(work));
    }

    /// The same for work that does not wait: here, if it is known at once that the caller has the right. To wake a
    /// worker would take longer than that.
    void admittedHere(const grpc::CallbackServerContext* call, StoreRight right, auto* reactor,
                      std::function<void()> work) {
        auto credentials = credentialsOf(*call);
        const auto may = context_.admit_at_once(credentials, right);
        if (!may) {
            inWorker(std::move(credentials), right, reactor, std::move(work));
        } else if (*may) {
            work();
        } else {
            reactor->Finish(client::toStatus(may->error()));
        }
    }

    void inWorker(identity::CallCredentials credentials, StoreRight right, auto* reactor, std::function<void()> work) {
        const bool is_taken = context_.workers.trySubmit(
            [this, credentials = std::move(credentials), right, reactor, work = std::move(work)] {
                if (const auto may = context_.admit(credentials, right); !may) {
                    return reactor->Finish(client::toStatus(may.error()));
                }
                work();
            });
        if (!is_taken) {
            reactor->Finish(client::toStatus(storeIsBusy()));
        }
    }

    void write(const v1::StoreExecuteRequest& request, v1::StoreExecuteResponse& answer,
               grpc::ServerUnaryReactor* reactor) {
        writes_.execute(request, answer, request.routing() == v1::STORE_ROUTING_FORWARD,
                        [reactor] { reactor->Finish(grpc::Status::OK); });
    }

    /// In a worker's thread. Whoever may read gets so far.
    void mixed(const identity::CallCredentials& credentials, const v1::StoreRequestRequest& request,
               v1::StoreRequestResponse& answer, grpc::ServerUnaryReactor* reactor) {
        std::vector<store::SqlStatement> statements;
        for (const v1::StoreStatement& statement : request.statements()) {
            statements.push_back(toStatement(statement));
        }
        if (context_.replica.onlyReads(statements)) {
            return queries_.request(request, answer, [reactor](const Result<>& done) {
                reactor->Finish(done ? grpc::Status::OK : client::toStatus(done.error()));
            });
        }
        if (const auto may = context_.admit(credentials, StoreRight::kWrite); !may) {
            return reactor->Finish(client::toStatus(may.error()));
        }
        answer.set_has_written(true);
        auto written = std::make_shared<v1::StoreExecuteRequest>();
        *written->mutable_statements() = request.statements();
        written->set_client(request.client());
        written->set_sequence(request.sequence());
        written->set_timeout_ms(request.timeout_ms());
        written->set_keeps_rows(true);
        writes_.execute(*written, *answer.mutable_answer(), request.routing() == v1::STORE_ROUTING_FORWARD,
                        [reactor, written] { reactor->Finish(grpc::Status::OK); });
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
    StoreQueries queries_;
    StoreChangesFeed changes_;
    StoreMapReduce map_reduce_;
    std::atomic<std::uint64_t> backups_ = 0;
};

class StoreForwardService final : public v1::StoreForward::CallbackService {
  public:
    explicit StoreForwardService(StoreContext context)
        : context_(std::move(context)), writes_(context_), queries_(context_) {}

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

    /// For another member, which has decided whether its caller may.
    grpc::ServerWriteReactor<v1::StoreQueryEvent>* Query(grpc::CallbackServerContext* call,
                                                         const v1::StoreQueryRequest* request) override {
        auto* stream = new StoreQueryStream;
        const bool is_taken = context_.workers.trySubmit([this, call, request, stream] {
            if (const auto member = context_.admit_member(*call); !member) {
                return stream->Finish(client::toStatus(member.error()));
            }
            queries_.query(*request, *stream);
        });
        if (!is_taken) {
            stream->Finish(client::toStatus(storeIsBusy()));
        }
        return stream;
    }

  private:
    const StoreContext context_;
    StoreWrites writes_;
    StoreQueries queries_;
};

}  // namespace

std::unique_ptr<grpc::Service> makeStoreService(StoreContext context) {
    return std::make_unique<StoreService>(std::move(context));
}

std::unique_ptr<grpc::Service> makeStoreForwardService(StoreContext context) {
    return std::make_unique<StoreForwardService>(std::move(context));
}

}  // namespace tessera::server

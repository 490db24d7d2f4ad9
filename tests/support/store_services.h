#pragma once

/// Members of the store with their gRPC services, in one process.

#include "nodeservice/proto/store.grpc.pb.h"
#include "nodeservice/server/peer/grpc_transport.h"
#include "nodeservice/server/store_service.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/wait_until.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <map>

namespace tessera::server {

using store::raft::NodeId;

/// A member as a process is one: both services on one port.
class Member {
  public:
    Member(NodeId id, const std::filesystem::path& folder, const store::raft::Membership& founders,
           std::function<std::string(NodeId)> address_of, std::chrono::milliseconds slow_reader)
        : transport_("s", grpc::InsecureChannelCredentials(), [id](NodeId) { return nameOf(id); }),
          workers_("store", 8, 100) {
        peer_service_ = store::makeStorePeerService({"s",
                                                     [this](store::raft::Message message) {
                                                         if (store::Replica* replica = receiver_) {
                                                             replica->receive(std::move(message));
                                                         }
                                                     },
                                                     whoCalls, workers_});
        store::ReplicaOptions options;
        options.raft.id = id;
        options.raft.lease_ticks = 8;
        options.folder = folder;
        options.founders = founders;
        std::filesystem::create_directories(options.folder);
        auto replica = store::Replica::open(options, transport_);
        EXPECT_TRUE(replica) << replica.error().describe();
        replica_ = std::move(*replica);
        receiver_ = replica_.get();
        const StoreContext context{
            .replica = *replica_,
            .workers = workers_,
            .folder = folder,
            .admit = [this](const identity::CallCredentials&, StoreRight right) -> Result<> {
                return static_cast<int>(right) <= most_
                           ? Result<>()
                           : fail(ErrorCode::kPermissionDenied, "the store is not for you");
            },
            .admit_member = whoCalls,
            .facts_of =
                [address_of = std::move(address_of)](NodeId of) {
                    return StoreMemberFacts{"node-" + std::to_string(of), address_of(of)};
                },
            .channel_credentials = grpc::InsecureChannelCredentials(),
            .authorize = [id](NodeId) { return nameOf(id); },
            .slow_reader = slow_reader,
        };
        store_service_ = makeStoreService(context);
        forward_service_ = makeStoreForwardService(context);
        grpc::ServerBuilder builder;
        builder.SetMaxReceiveMessageSize(store::kMaxPeerBatchBytes);
        builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
        builder.RegisterService(peer_service_.get());
        builder.RegisterService(store_service_.get());
        builder.RegisterService(forward_service_.get());
        server_ = builder.BuildAndStart();
        stub_ = v1::Store::NewStub(grpc::CreateChannel(address(), grpc::InsecureChannelCredentials()));
    }

    ~Member() {
        server_->Shutdown(std::chrono::system_clock::now());
        server_->Wait();
        workers_.stop();
        receiver_ = nullptr;
    }

    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

    store::GrpcTransport& transport() { return transport_; }

    store::Replica& replica() { return *replica_; }

    v1::Store::Stub& stub() { return *stub_; }

    /// What everybody may.
    void allow(StoreRight most) { most_ = static_cast<int>(most); }

    void allowNothing() { most_ = -1; }

  private:
    /// How a member of these tests shows who it is.
    static Result<std::string> nameOf(NodeId id) { return std::to_string(id); }

    static Result<NodeId> whoCalls(const grpc::CallbackServerContext& call) {
        const auto found = call.client_metadata().find("authorization");
        if (found == call.client_metadata().end()) {
            return fail(ErrorCode::kUnauthenticated, "nobody knows who this is");
        }
        return std::stoull(std::string(found->second.data(), found->second.size()));
    }

    store::GrpcTransport transport_;
    WorkerPool workers_;
    std::atomic<store::Replica*> receiver_ = nullptr;
    std::unique_ptr<store::Replica> replica_;
    std::unique_ptr<grpc::Service> peer_service_;
    std::unique_ptr<grpc::Service> store_service_;
    std::unique_ptr<grpc::Service> forward_service_;
    std::atomic<int> most_ = static_cast<int>(StoreRight::kAdminister);
    int port_ = 0;
    std::unique_ptr<grpc::Server> server_;
    std::unique_ptr<v1::Store::Stub> stub_;
};

class StoreServiceTest : public testing::Test {
  protected:
    StoreServiceTest() {
        setenv("TZ", "UTC", 1);
        tzset();
    }

    void start(std::size_t count) {
        for (NodeId id = 1; id <= count; ++id) {
            founders_.voters.insert(id);
        }
        for (const NodeId id : founders_.voters) {
            members_[id] = std::make_unique<Member>(
                id, folder_.path() / std::to_string(id), founders_, [this](NodeId of) { return addressOf(of); },
                slow_reader_);
            addresses_[id] = members_[id]->address();
        }
        for (auto& [id, member] : members_) {
            for (const auto& [other, address] : addresses_) {
                if (other != id) {
                    member->transport().setAddress(other, address);
                }
            }
        }
        ASSERT_TRUE(waitUntil([&] {
            return std::all_of(members_.begin(), members_.end(), [](const auto& one) {
                return one.second->replica().status().leader != store::raft::kNoNode;
            });
        }));
    }

    /// All are known before the first call comes.
    std::string addressOf(NodeId id) const {
        const auto found = addresses_.find(id);
        return found == addresses_.end() ? std::string() : found->second;
    }

    v1::StoreExecuteResponse execute(NodeId member, const std::string& sql, std::uint64_t sequence = 0,
                                     v1::StoreRouting routing = v1::STORE_ROUTING_FORWARD) {
        v1::StoreExecuteRequest request;
        request.add_statements()->set_sql(sql);
        request.set_client(sequence == 0 ? 0 : 1);
        request.set_sequence(sequence);
        request.set_timeout_ms(30'000);
        request.set_routing(routing);
        v1::StoreExecuteResponse answer;
        grpc::ClientContext context;
        const grpc::Status status = members_.at(member)->stub().Execute(&context, request, &answer);
        EXPECT_TRUE(status.ok()) << status.error_message();
        return answer;
    }

    /// Until it is done: there may be an election under way.
    v1::StoreExecuteResponse done(NodeId member, const std::string& sql, std::uint64_t sequence) {
        v1::StoreExecuteResponse answer;
        EXPECT_TRUE(waitUntil([&] {
            answer = execute(member, sql, sequence);
            return answer.fate() == v1::STORE_FATE_APPLIED;
        })) << answer.error();
        return answer;
    }

    struct Answer {
        grpc::Status status;
        std::vector<std::string> columns;
        std::vector<v1::StoreRow> rows;
        int events = 0;
    };

    Answer query(NodeId member, const std::string& sql,
                 v1::StoreConsistency consistency = v1::STORE_CONSISTENCY_LINEARIZABLE,
                 v1::StoreRouting routing = v1::STORE_ROUTING_FORWARD, bool takes_rows_with_begin = false) {
        v1::StoreQueryRequest request;
        request.mutable_statement()->set_sql(sql);
        request.set_consistency(consistency);
        request.set_timeout_ms(30'000);
        request.set_routing(routing);
        request.set_takes_rows_with_begin(takes_rows_with_begin);
        grpc::ClientContext context;
        const auto reader = members_.at(member)->stub().Query(&context, request);
        Answer answer;
        v1::StoreQueryEvent event;
        while (reader->Read(&event)) {
            ++answer.events;
            for (const std::string& column : event.begin().columns()) {
                answer.columns.push_back(column);
            }
            for (const v1::StoreRow& row : (event.has_begin() ? event.begin().rows() : event.rows()).rows()) {
                answer.rows.push_back(row);
            }
        }
        answer.status = reader->Finish();
        return answer;
    }

    /// As callers do that look for rows in the begin.
    Answer queryShortly(NodeId member, const std::string& sql) {
        return query(member, sql, v1::STORE_CONSISTENCY_LINEARIZABLE, v1::STORE_ROUTING_FORWARD, true);
    }

    NodeId leader() { return members_.begin()->second->replica().status().leader; }

    std::chrono::milliseconds slow_reader_ = std::chrono::minutes(1);
    TemporaryDirectory folder_;
    store::raft::Membership founders_;
    std::map<NodeId, std::string> addresses_;
    std::map<NodeId, std::unique_ptr<Member>> members_;
};

}  // namespace tessera::server

/// Members that speak gRPC with each other over loopback.

#include "nodeservice/proto/store_peer.grpc.pb.h"
#include "nodeservice/server/peer/grpc_transport.h"
#include "nodeservice/server/peer/message_codec.h"
#include "nodeservice/store/driver/replica.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/wait_until.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <ctime>

namespace tessera::store {
namespace {

using raft::Message;
using raft::MessageKind;
using raft::NodeId;

Message throughTheWire(const Message& message) {
    v1::RaftMessage out;
    encode(message, out);
    v1::RaftMessage in;
    EXPECT_TRUE(in.ParseFromString(out.SerializeAsString()));
    auto decoded = decode(std::move(in));
    EXPECT_TRUE(decoded);
    return decoded.value_or(Message{});
}

TEST(MessageCodecTest, NothingIsLost) {
    Message append{.kind = MessageKind::kAppend, .from = 1, .to = 2, .term = 3, .previous = {4, 5}, .commit = 6};
    append.entries = {{5, 3, raft::EntryKind::kCommand, raft::makePayload(std::string("a\0b", 3))},
                      {6, 3, raft::EntryKind::kNoop, nullptr}};
    append.round = 7;
    const Message got = throughTheWire(append);
    EXPECT_EQ(got.kind, append.kind);
    EXPECT_EQ(got.to, 2);
    EXPECT_EQ(got.term, 3);
    EXPECT_EQ(got.previous, append.previous);
    EXPECT_EQ(got.commit, 6);
    EXPECT_EQ(got.entries, append.entries);
    EXPECT_EQ(got.round, 7);

    Message refusal{.kind = MessageKind::kAppendResponse, .from = 2, .to = 1, .term = 3};
    refusal.reject = true;
    refusal.hint = {2, 1};
    EXPECT_TRUE(throughTheWire(refusal).reject);
    EXPECT_EQ(throughTheWire(refusal).hint, refusal.hint);

    Message vote{.kind = MessageKind::kVote, .from = 2, .to = 1, .term = 3};
    vote.transfer = true;
    EXPECT_TRUE(throughTheWire(vote).transfer);

    Message chunk{.kind = MessageKind::kSnapshot, .from = 1, .to = 2, .term = 3};
    chunk.context = 11;
    chunk.offset = 12;
    chunk.snapshot = {9, 2, {}, 10, 0xFFFFFFFFFFFFFFFFULL};
    chunk.snapshot.membership.voters = {1, 2};
    EXPECT_EQ(throughTheWire(chunk).snapshot, chunk.snapshot);
    EXPECT_EQ(throughTheWire(chunk).offset, 12);
    EXPECT_EQ(throughTheWire(chunk).context, 11);
    EXPECT_EQ(throughTheWire(chunk).chunk, nullptr);  // not the same as an empty one
    chunk.chunk = raft::makePayload("");
    ASSERT_NE(throughTheWire(chunk).chunk, nullptr);
}

TEST(MessageCodecTest, WhatNoMemberSendsIsRefused) {
    Message append{.kind = MessageKind::kAppend, .from = 1, .to = 2, .term = 3, .previous = {4, 3}};
    append.entries = {{7, 3, raft::EntryKind::kNoop, nullptr}};
    v1::RaftMessage gap;
    encode(append, gap);
    EXPECT_FALSE(decode(std::move(gap)));
    v1::RaftMessage unknown;
    encode(Message{.from = 1, .to = 2}, unknown);
    unknown.set_kind(99);
    EXPECT_FALSE(decode(std::move(unknown)));
}

/// How a member of these tests shows who it is.
Result<std::string> memberOf(NodeId id) {
    return "member " + std::to_string(id);
}

Result<NodeId> whoCalls(const grpc::CallbackServerContext& call) {
    const auto found = call.client_metadata().find("authorization");
    for (NodeId id = 1; found != call.client_metadata().end() && id <= 3; ++id) {
        if (std::string(found->second.data(), found->second.size()) == *memberOf(id)) {
            return id;
        }
    }
    return fail(ErrorCode::kUnauthenticated, "nobody knows who this is");
}

/// The time that people read is another one here; what is measured is not.
class ShiftedClock final : public Clock {
  public:
    explicit ShiftedClock(std::chrono::milliseconds ahead) : ahead_(ahead) {}

    std::int64_t wallMs() const override { return Clock::wallMs() + ahead_.count(); }

  private:
    const std::chrono::milliseconds ahead_;
};

/// What was told of others' clocks.
class Skews {
  public:
    void note(NodeId member, std::chrono::milliseconds ahead) {
        const std::lock_guard lock(mutex_);
        known_[member] = ahead;
    }

    std::map<NodeId, std::chrono::milliseconds> all() {
        const std::lock_guard lock(mutex_);
        return known_;
    }

  private:
    std::mutex mutex_;
    std::map<NodeId, std::chrono::milliseconds> known_;
};

/// A member with its own server, as a process would have.
class Member {
  public:
    Member(NodeId id, const std::string& store, std::filesystem::path folder, raft::Membership founders,
           std::chrono::milliseconds ahead = {})
        : transport_(
              store, grpc::InsecureChannelCredentials(), [id](NodeId) { return memberOf(id); },
              [ahead] { return systemWallMs() + ahead.count(); }),
          workers_("peers", 2, 100),
          service_(
              makeStorePeerService({store,
                                    [this](Message m) {
                                        if (Replica* replica = receiver_) {
                                            replica->receive(std::move(m));
                                        }
                                    },
                                    [](const grpc::CallbackServerContext& call) { return whoCalls(call); }, workers_,
                                    [this](NodeId other, std::chrono::milliseconds by) { skews_.note(other, by); },
                                    [ahead] { return systemWallMs() + ahead.count(); }})) {
        grpc::ServerBuilder builder;
        builder.SetMaxReceiveMessageSize(store::kMaxPeerBatchBytes);
        builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
        builder.RegisterService(service_.get());
        server_ = builder.BuildAndStart();
        options_.raft.id = id;
        options_.folder = std::move(folder);
        options_.founders = std::move(founders);
        options_.clock = std::make_shared<ShiftedClock>(ahead);
        options_.raft.lease_ticks = 8;
        std::filesystem::create_directories(options_.folder);
    }

    ~Member() {
        server_->Shutdown(std::chrono::system_clock::now());
        server_->Wait();
        workers_.stop();
        receiver_ = nullptr;
    }

    void start() {
        auto replica = Replica::open(options_, transport_);
        ASSERT_TRUE(replica) << replica.error().describe();
        replica_ = std::move(*replica);
        receiver_ = replica_.get();
    }

    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

    GrpcTransport& transport() { return transport_; }

    Replica& replica() { return *replica_; }

    std::map<NodeId, std::chrono::milliseconds> skews() { return skews_.all(); }

  private:
    Skews skews_;
    GrpcTransport transport_;
    WorkerPool workers_;
    std::atomic<Replica*> receiver_ = nullptr;
    std::unique_ptr<grpc::Service> service_;
    int port_ = 0;
    std::unique_ptr<grpc::Server> server_;
    ReplicaOptions options_;
    std::unique_ptr<Replica> replica_;
};

class PeerTest : public testing::Test {
  protected:
    PeerTest() {
        setenv("TZ", "UTC", 1);
        tzset();
        founders_.voters = {1, 2, 3};
    }

    void makeAll(const std::string& store_of_third = "s") {
        for (const NodeId id : founders_.voters) {
            members_[id] = std::make_unique<Member>(id, id == 3 ? store_of_third : "s",
                                                    folder_.path() / std::to_string(id), founders_);
        }
        for (auto& [id, member] : members_) {
            tellAddresses(id);
            member->start();
        }
    }

    void tellAddresses(NodeId id) {
        for (auto& [other, peer] : members_) {
            if (other != id) {
                members_.at(id)->transport().setAddress(other, peer->address());
            }
        }
    }

    Execution executeSomewhere(const std::string& sql, std::uint64_t sequence) {
        Command command;
        command.client = 1;
        command.sequence = sequence;
        command.statements = {{sql, {}}};
        Execution last;
        EXPECT_TRUE(waitUntil([&] {
            for (auto& [id, member] : members_) {
                last = member->replica().execute(command, std::chrono::milliseconds(1000));
                if (last.fate == Execution::Fate::kApplied) {
                    return true;
                }
            }
            return false;
        })) << last.error.message;
        return last;
    }

    std::string count(NodeId id) {
        std::string answer;
        const auto done = members_.at(id)->replica().query({"SELECT count(*) FROM t", {}}, Consistency::kLinearizable,
                                                           std::chrono::seconds(30),
                                                           {[](const auto&, raft::Index) { return Result<>(); },
                                                            [&](std::vector<sqlite::Value> row) {
                                                                answer = std::to_string(std::get<std::int64_t>(row[0]));
                                                                return Result<>();
                                                            }});
        return done ? answer : done.error().message;
    }

    TemporaryDirectory folder_;
    raft::Membership founders_;
    std::map<NodeId, std::unique_ptr<Member>> members_;
};

/// Takes calls, and nothing of what they bring: a member that has been stopped, or whose disk hangs.
class SilentMember final : public v1::StorePeer::CallbackService {
  public:
    SilentMember() {
        grpc::ServerBuilder builder;
        builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
        builder.RegisterService(this);
        server_ = builder.BuildAndStart();
    }

    ~SilentMember() override {
        server_->Shutdown(std::chrono::system_clock::now());
        server_->Wait();
    }

    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

    grpc::ServerReadReactor<v1::PeerBatch>* Deliver(grpc::CallbackServerContext* /*call*/,
                                                    v1::PeerBatchesEnd* /*end*/) override {
        class Stream final : public grpc::ServerReadReactor<v1::PeerBatch> {
            void OnCancel() override { Finish(grpc::Status::CANCELLED); }

            void OnDone() override { delete this; }
        };

        return new Stream;
    }

  private:
    int port_ = 0;
    std::unique_ptr<grpc::Server> server_;
};

TEST(GrpcTransportTest, AMemberThatTakesNothingCostsBoundedMemory) {
    SilentMember silent;
    GrpcTransport transport("s", grpc::InsecureChannelCredentials(), [](NodeId) { return Result<std::string>("1"); });
    transport.setAddress(2, silent.address());
    constexpr std::size_t kPart = std::size_t{1} << 20U;
    const raft::Payload part = raft::makePayload(std::string(kPart, 'x'));
    std::size_t most = 0;
    for (std::uint64_t i = 0; i < 200; ++i) {
        Message chunk{.kind = MessageKind::kSnapshot, .from = 1, .to = 2, .term = 1};
        chunk.chunk = part;
        transport.send(std::move(chunk));
        Message append{.kind = MessageKind::kAppend, .from = 1, .to = 2, .term = 1};
        append.entries = {{i + 1, 1, raft::EntryKind::kCommand, part}};
        transport.send(std::move(append));
        most = std::max(most, transport.waitingBytes(2));
    }
    // Full, but for what has gone into the network meanwhile; and never more than that and the message at hand.
    EXPECT_GT(most, kMostWaitingPeerBytes / 2);
    EXPECT_LE(most, kMostWaitingPeerBytes);
    transport.forget(2);
    EXPECT_EQ(transport.waitingBytes(2), 0U);
}

TEST_F(PeerTest, AMemberThatTakesNothingCostsTheLeaderBoundedMemory) {
    SilentMember silent;
    for (const NodeId id : {1, 2}) {
        members_[id] = std::make_unique<Member>(id, "s", folder_.path() / std::to_string(id), founders_);
    }
    for (const NodeId id : {1, 2}) {
        tellAddresses(id);
        members_.at(id)->transport().setAddress(3, silent.address());
        members_.at(id)->start();
    }
    executeSomewhere("CREATE TABLE t(a)", 1);
    const raft::Options limits;
    std::size_t most_in_flight = 0;
    std::size_t most_waiting = 0;
    for (std::uint64_t i = 2; i <= 40; ++i) {
        // A megabyte each, of which little is kept.
        executeSomewhere("INSERT INTO t VALUES (length('" + std::string(1 << 20, 'x') + "'))", i);
        for (const NodeId id : {1, 2}) {
            for (const PeerStatus& peer : members_.at(id)->replica().status().peers) {
                if (peer.id == 3) {
                    most_in_flight = std::max(most_in_flight, peer.bytes_in_flight);
                }
            }
            most_waiting = std::max(most_waiting, members_.at(id)->transport().waitingBytes(3));
        }
    }
    EXPECT_LE(most_in_flight, limits.max_in_flight_bytes + limits.max_message_bytes + (2U << 20U));
    EXPECT_LE(most_waiting, kMostWaitingPeerBytes);
    EXPECT_EQ(count(1), "39");
}

TEST_F(PeerTest, ThreeMembersAgreeAndOneComesBackElsewhere) {
    makeAll();
    EXPECT_EQ(executeSomewhere("CREATE TABLE t(a)", 1).outcome.error, "");
    for (std::uint64_t i = 2; i <= 20; ++i) {
        EXPECT_EQ(executeSomewhere("INSERT INTO t VALUES (1)", i).outcome.error, "");
    }
    for (const NodeId id : {1, 2, 3}) {
        EXPECT_EQ(count(id), "19");
    }
    members_.erase(2);
    EXPECT_EQ(executeSomewhere("INSERT INTO t VALUES (2)", 21).outcome.error, "");
    members_[2] = std::make_unique<Member>(2, "s", folder_.path() / "2", founders_);
    for (const NodeId id : {1, 2, 3}) {
        tellAddresses(id);
    }
    members_[2]->start();
    EXPECT_EQ(count(2), "20");
}

TEST_F(PeerTest, TheLargestCommandTravelsAndALargerOneIsRefused) {
    makeAll();
    EXPECT_EQ(executeSomewhere("CREATE TABLE t(a)", 1).outcome.error, "");
    const std::string large((std::size_t{8} << 20U) - 200, 'x');
    EXPECT_EQ(executeSomewhere("INSERT INTO t VALUES ('" + large + "')", 2).outcome.error, "");
    for (const NodeId id : {1, 2, 3}) {
        EXPECT_EQ(count(id), "1");
    }
    EXPECT_TRUE(waitUntil([&] {
        Command command;
        command.statements = {{"INSERT INTO t VALUES ('" + large + large + "')", {}}};
        const NodeId leader = members_[1]->replica().status().leader;
        return leader != raft::kNoNode &&
               members_[leader]->replica().execute(command, std::chrono::seconds(10)).error.code ==
                   ErrorCode::kInvalidArgument;
    }));
}

TEST(PeerServiceTest, OnlyMembersAreHeardAndEachForItself) {
    WorkerPool workers("peers", 2, 100);
    std::atomic<int> heard = 0;
    const auto service =
        makeStorePeerService({"s", [&](const Message&) { ++heard; },
                              [](const grpc::CallbackServerContext& call) { return whoCalls(call); }, workers});
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service.get());
    const auto server = builder.BuildAndStart();
    const auto stub = v1::StorePeer::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
    const auto say = [&](const std::string& authorization, NodeId from, std::uint32_t protocol = kPeerProtocol) {
        grpc::ClientContext context;
        if (!authorization.empty()) {
            context.AddMetadata("authorization", authorization);
        }
        v1::PeerBatchesEnd end;
        const auto writer = stub->Deliver(&context, &end);
        v1::PeerBatch batch;
        batch.set_store("s");
        batch.set_protocol(protocol);
        encode(Message{.kind = MessageKind::kVote, .from = from, .to = 1, .term = 1}, *batch.add_messages());
        writer->Write(batch);
        writer->WritesDone();
        return writer->Finish().error_code();
    };
    EXPECT_EQ(say("", 2), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(say("member 9", 9), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(say("member 2", 3), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(say("member 2", 2, kPeerProtocol + 1), grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_EQ(heard, 0);
    EXPECT_EQ(say("member 2", 2), grpc::StatusCode::OK);
    EXPECT_EQ(heard, 1);
    server->Shutdown();
    server->Wait();
    workers.stop();
}

/// One member's clock is an hour ahead: the store goes on, leases hold, time never goes back for statements, whoever
/// leads, and each of the others says so.
TEST_F(PeerTest, AClockThatIsAnHourOffBreaksNothingAndIsTold) {
    constexpr std::chrono::hours kHour(1);
    for (const NodeId id : founders_.voters) {
        members_[id] =
            std::make_unique<Member>(id, "s", folder_.path() / std::to_string(id), founders_,
                                     id == 3 ? std::chrono::milliseconds(kHour) : std::chrono::milliseconds());
    }
    for (auto& [id, member] : members_) {
        tellAddresses(id);
        member->start();
    }
    EXPECT_EQ(executeSomewhere("CREATE TABLE t(a, at)", 1).outcome.error, "");
    std::uint64_t sequence = 1;
    for (const NodeId next : {NodeId{3}, NodeId{1}, NodeId{3}, NodeId{2}}) {
        ASSERT_TRUE(waitUntil([&] {
            for (auto& [id, member] : members_) {
                const auto status = member->replica().status();
                if (status.role == raft::Role::kLeader && id != next) {
                    member->replica().transferLeadership(next, [](const Result<NodeId>&) {});
                }
            }
            return members_[next]->replica().status().role == raft::Role::kLeader;
        }));
        ++sequence;
        EXPECT_EQ(executeSomewhere("INSERT INTO t VALUES (1, strftime('%J', 'now'))", sequence).outcome.error, "");
        // Who leads now sees what was just answered, whatever its clock says.
        EXPECT_EQ(count(next), std::to_string(sequence - 1));
    }
    std::string backwards;
    ASSERT_TRUE(members_[1]->replica().query(
        {"SELECT count(*) FROM t a JOIN t b ON b.rowid = a.rowid + 1 WHERE b.at < a.at", {}},
        Consistency::kLinearizable, std::chrono::seconds(30),
        {[](const auto&, raft::Index) { return Result<>(); },
         [&](std::vector<sqlite::Value> row) {
             backwards = std::to_string(std::get<std::int64_t>(row[0]));
             return Result<>();
         }}));
    EXPECT_EQ(backwards, "0");
    for (const NodeId other : {NodeId{1}, NodeId{2}}) {
        ASSERT_TRUE(waitUntil([&] { return members_[other]->skews().contains(3); }));
        const auto ahead = members_[other]->skews().at(3);
        EXPECT_GT(ahead, kHour - std::chrono::minutes(5));
        EXPECT_LT(ahead, kHour + std::chrono::minutes(5));
        EXPECT_EQ(members_[other]->skews().size(), 1U);
    }
}

TEST_F(PeerTest, AnotherStoresMessagesAreNotHeard) {
    makeAll("other");
    EXPECT_EQ(executeSomewhere("CREATE TABLE t(a)", 1).outcome.error, "");  // by the two that share a store
    EXPECT_EQ(members_[3]->replica().status().term, 0);
}

}  // namespace
}  // namespace tessera::store

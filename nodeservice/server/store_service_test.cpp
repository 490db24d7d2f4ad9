/// The store as its clients see it: over gRPC, from one member and from three.
#include "nodeservice/server/store_service.h"

#include "nodeservice/proto/store.grpc.pb.h"
#include "tests/support/store_services.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <thread>

namespace tessera::server {
namespace {

TEST_F(StoreServiceTest, TheControlPlaneIsNotForCallers) {
    start(1);
    v1::StoreExecuteRequest request;
    request.add_statements()->set_sql("CREATE TABLE job(a)");
    request.set_is_control_plane(true);
    for (const bool is_restore : {false, true}) {
        if (is_restore) {
            request.clear_statements();
            request.mutable_restore()->set_data("x");
        }
        v1::StoreExecuteResponse answer;
        grpc::ClientContext context;
        const grpc::Status status = is_restore ? members_.at(1)->stub().Restore(&context, request, &answer)
                                               : members_.at(1)->stub().Execute(&context, request, &answer);
        EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED) << status.error_message();
    }
    EXPECT_EQ(done(1, "CREATE TABLE t(a)", 1).error(), "");
    const v1::StoreExecuteResponse refused = execute(1, "CREATE TABLE job(a)");
    EXPECT_EQ(refused.fate(), v1::STORE_FATE_REFUSED);
    EXPECT_NE(refused.error().find("'job' is the control plane's"), std::string::npos) << refused.error();
}

TEST_F(StoreServiceTest, OneMemberAnswers) {
    start(1);
    EXPECT_EQ(execute(1, "CREATE TABLE t(a, b)").fate(), v1::STORE_FATE_APPLIED);
    v1::StoreExecuteRequest request;
    v1::StoreStatement& insert = *request.add_statements();
    insert.set_sql("INSERT INTO t VALUES (?, ?), (NULL, 0.5)");
    insert.add_parameters()->set_integer(-7);
    insert.add_parameters()->set_blob(std::string("\0\xff", 2));
    v1::StoreExecuteResponse inserted;
    grpc::ClientContext context;
    ASSERT_TRUE(members_[1]->stub().Execute(&context, request, &inserted).ok());
    ASSERT_EQ(inserted.results_size(), 1) << inserted.error();
    EXPECT_EQ(inserted.results(0).changes(), 2);

    const Answer rows = query(1, "SELECT a, b AS other FROM t ORDER BY rowid");
    EXPECT_TRUE(rows.status.ok()) << rows.status.error_message();
    EXPECT_EQ(rows.columns, (std::vector<std::string>{"a", "other"}));
    ASSERT_EQ(rows.rows.size(), 2);
    EXPECT_EQ(rows.rows[0].values(0).integer(), -7);
    EXPECT_EQ(rows.rows[0].values(1).blob(), std::string("\0\xff", 2));
    EXPECT_EQ(rows.rows[1].values(0).value_case(), v1::StoreValue::VALUE_NOT_SET);
    EXPECT_EQ(rows.rows[1].values(1).real(), 0.5);
}

TEST_F(StoreServiceTest, FaultsAreToldApart) {
    start(1);
    // Until the entry that begins the leader's term is applied, what fails goes into the log, which decides.
    EXPECT_EQ(done(1, "CREATE TABLE t(a)", 1).error(), "");
    const v1::StoreExecuteResponse refused = execute(1, "SELEC 1");
    EXPECT_EQ(refused.fate(), v1::STORE_FATE_REFUSED);
    EXPECT_EQ(refused.error_code(), static_cast<std::uint32_t>(ErrorCode::kInvalidArgument));
    EXPECT_EQ(query(1, "SELECT * FROM nowhere").status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(query(1, "DELETE FROM sqlite_master").status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(StoreServiceTest, RightsAreAskedFor) {
    start(1);
    EXPECT_EQ(done(1, "CREATE TABLE t(a)", 1).error(), "");
    members_[1]->allow(StoreRight::kRead);
    EXPECT_TRUE(query(1, "SELECT 1").status.ok());
    v1::StoreExecuteRequest request;
    v1::StoreExecuteResponse answer;
    grpc::ClientContext writing;
    EXPECT_EQ(members_[1]->stub().Execute(&writing, request, &answer).error_code(),
              grpc::StatusCode::PERMISSION_DENIED);
    members_[1]->allow(StoreRight::kWrite);
    EXPECT_EQ(done(1, "INSERT INTO t VALUES (1)", 2).error(), "");
    grpc::ClientContext taking;
    v1::StoreBackupPart part;
    const auto reader = members_[1]->stub().Backup(&taking, {});
    EXPECT_FALSE(reader->Read(&part));
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(StoreServiceTest, ABackupComesInParts) {
    start(1);
    EXPECT_EQ(done(1, "CREATE TABLE t(a)", 1).error(), "");
    EXPECT_EQ(done(1, "INSERT INTO t VALUES (hex(zeroblob(500000)))", 2).error(), "");
    grpc::ClientContext context;
    const auto reader = members_[1]->stub().Backup(&context, {});
    const auto file = folder_.path() / "backup.db";
    std::ofstream out(file, std::ios::binary);
    v1::StoreBackupPart part;
    int parts = 0;
    for (; reader->Read(&part); ++parts) {
        out << part.data();
        EXPECT_GT(part.index(), 0);
    }
    out.close();
    ASSERT_TRUE(reader->Finish().ok());
    EXPECT_GT(parts, 1);
    auto copy = store::sqlite::Database::open(file);
    ASSERT_TRUE(copy) << copy.error().describe();
    auto rows = copy->prepare("SELECT length(a) FROM t");
    ASSERT_TRUE(rows) << rows.error().describe();
    ASSERT_TRUE(*rows->step());
    EXPECT_EQ(rows->number(0), 1'000'000);
}

TEST_F(StoreServiceTest, LeadershipIsGivenAwayAndMembersChange) {
    start(3);
    EXPECT_EQ(done(1, "CREATE TABLE t(a)", 1).error(), "");
    ASSERT_TRUE(waitUntil([&] {
        const NodeId from = leader();
        v1::StoreTransferRequest request;
        v1::StoreTransferResponse answer;
        grpc::ClientContext context;
        return from != store::raft::kNoNode &&
               members_[from]->stub().TransferLeadership(&context, request, &answer).ok() &&
               waitUntil([&] { return leader() == answer.to().id(); }, std::chrono::seconds(2));
    }));
    const auto changeTo = [&](NodeId id, v1::StoreMemberChange change, std::size_t voters) {
        return waitUntil([&] {
            v1::StoreChangeMemberRequest request;
            request.set_id(id);
            request.set_change(change);
            v1::StoreChangeMemberResponse answer;
            grpc::ClientContext context;
            const NodeId at = leader();
            if (at != store::raft::kNoNode) {
                static_cast<void>(members_[at]->stub().ChangeMember(&context, request, &answer));
            }
            const auto membership = members_[1]->replica().status().membership;
            return membership.voters.size() == voters && !membership.isJoint();
        });
    };
    const NodeId other = leader() == 3 ? 2 : 3;  // member 1 is asked what came of it
    EXPECT_TRUE(changeTo(other, v1::STORE_MEMBER_CHANGE_LEARNER, 2));
    EXPECT_TRUE(changeTo(other, v1::STORE_MEMBER_CHANGE_VOTER, 3));
    EXPECT_EQ(done(1, "INSERT INTO t VALUES (1)", 2).error(), "");
}

TEST_F(StoreServiceTest, ManyRowsComeInOrder) {
    start(1);
    const Answer rows = query(1,
                              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) "
                              "SELECT i, hex(zeroblob(20)) FROM n");
    ASSERT_TRUE(rows.status.ok()) << rows.status.error_message();
    ASSERT_EQ(rows.rows.size(), 50'000);
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
        ASSERT_EQ(rows.rows[i].values(0).integer(), static_cast<std::int64_t>(i + 1));
    }
}

TEST_F(StoreServiceTest, AnyMemberTakesAnyRequest) {
    start(3);
    EXPECT_EQ(done(1, "CREATE TABLE t(a)", 1).error(), "");
    for (const NodeId id : {1, 2, 3}) {
        EXPECT_EQ(done(id, "INSERT INTO t VALUES (" + std::to_string(id) + ")", 1 + id).error(), "");
        for (const NodeId other : {1, 2, 3}) {
            for (const auto consistency : {v1::STORE_CONSISTENCY_LINEARIZABLE, v1::STORE_CONSISTENCY_LEADER}) {
                const Answer seen = query(other, "SELECT count(*) FROM t", consistency);
                ASSERT_EQ(seen.rows.size(), 1) << seen.status.error_message();
                EXPECT_EQ(seen.rows[0].values(0).integer(), static_cast<std::int64_t>(id));
            }
        }
    }
}

TEST_F(StoreServiceTest, AFollowerRedirectsWhoWantsThat) {
    start(3);
    NodeId leads = store::raft::kNoNode;
    NodeId follows = store::raft::kNoNode;
    v1::StoreExecuteResponse refused;
    ASSERT_TRUE(waitUntil([&] {
        leads = leader();
        follows = leads == 1 ? 2 : 1;
        refused = execute(follows, "CREATE TABLE t(a)", 0, v1::STORE_ROUTING_REDIRECT);
        return leads != store::raft::kNoNode && refused.leader().id() == leads;
    }));
    EXPECT_EQ(refused.fate(), v1::STORE_FATE_REFUSED);
    EXPECT_EQ(refused.leader().address(), addresses_[leads]);
    EXPECT_EQ(query(follows, "SELECT 1", v1::STORE_CONSISTENCY_NONE).rows.size(), 1);
    EXPECT_TRUE(waitUntil([&] {
        follows = leader() == 1 ? 2 : 1;
        return query(follows, "SELECT 1", v1::STORE_CONSISTENCY_WEAK, v1::STORE_ROUTING_REDIRECT).status.error_code() ==
               grpc::StatusCode::UNAVAILABLE;
    }));
}

TEST_F(StoreServiceTest, StatusTellsOfAll) {
    start(3);
    grpc::ClientContext context;
    v1::StoreStatusResponse status;
    ASSERT_TRUE(members_[2]->stub().Status(&context, {}, &status).ok());
    EXPECT_EQ(status.member().id(), 2);
    EXPECT_EQ(status.voters_size(), 3);
    if (status.has_leader()) {  // an election may be under way
        EXPECT_EQ(status.leader().address(), addresses_[status.leader().id()]);
    }
    EXPECT_EQ(status.fault(), "");
}

/// The statement that a request of several holds, one after another.
v1::StoreRequestResponse requestOf(v1::Store::Stub& stub, const std::vector<std::string>& statements,
                                   std::uint64_t sequence = 0) {
    v1::StoreRequestRequest request;
    for (const std::string& sql : statements) {
        request.add_statements()->set_sql(sql);
    }
    request.set_client(sequence == 0 ? 0 : 99);
    request.set_sequence(sequence);
    request.set_timeout_ms(30'000);
    v1::StoreRequestResponse answer;
    grpc::ClientContext context;
    const grpc::Status status = stub.Request(&context, request, &answer);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return answer;
}

TEST_F(StoreServiceTest, ARequestReadsWhatItWritesAndIsDoneOnce) {
    start(3);
    EXPECT_EQ(done(1, "CREATE TABLE t(a)", 1).error(), "");
    for (const NodeId member : {1, 2, 3}) {
        const std::uint64_t sequence = member;
        const std::vector<std::string> statements = {"SELECT count(*) AS before FROM t",
                                                     "INSERT INTO t VALUES (1), (2) RETURNING a * 10 AS made",
                                                     "SELECT count(*) FROM t"};
        const auto answer = requestOf(members_[member]->stub(), statements, sequence);
        EXPECT_TRUE(answer.has_written());
        ASSERT_EQ(answer.answer().error(), "");
        ASSERT_EQ(answer.answer().results_size(), 3);
        const std::int64_t before = 2 * (static_cast<std::int64_t>(member) - 1);
        EXPECT_EQ(answer.answer().results(0).columns(0), "before");
        EXPECT_EQ(answer.answer().results(0).rows(0).values(0).integer(), before);
        EXPECT_EQ(answer.answer().results(1).changes(), 2);
        EXPECT_EQ(answer.answer().results(1).rows(1).values(0).integer(), 20);
        EXPECT_EQ(answer.answer().results(2).rows(0).values(0).integer(), before + 2);
        // Its answer was lost: the same rows come, and nothing is done.
        const auto again = requestOf(members_[member % 3 + 1]->stub(), statements, sequence);
        EXPECT_EQ(again.answer().results(2).rows(0).values(0).integer(), before + 2);
    }
    const auto failed = requestOf(members_[1]->stub(), {"DELETE FROM t", "INSERT INTO nowhere VALUES (1)"});
    EXPECT_NE(failed.answer().error(), "");
    const auto reading = requestOf(members_[2]->stub(), {"SELECT count(*) FROM t", "SELECT 'x' AS y WHERE 0"});
    EXPECT_FALSE(reading.has_written());
    EXPECT_EQ(reading.answer().results(0).rows(0).values(0).integer(), 6);
    EXPECT_EQ(reading.answer().results(1).columns(0), "y");
}

TEST_F(StoreServiceTest, ARequestThatWritesNeedsTheRight) {
    start(1);
    EXPECT_EQ(done(1, "CREATE TABLE t(a)", 1).error(), "");
    members_[1]->allow(StoreRight::kRead);
    EXPECT_EQ(requestOf(members_[1]->stub(), {"SELECT 1"}).answer().results_size(), 1);
    v1::StoreRequestRequest request;
    request.add_statements()->set_sql("INSERT INTO t VALUES (1)");
    v1::StoreRequestResponse answer;
    grpc::ClientContext context;
    EXPECT_EQ(members_[1]->stub().Request(&context, request, &answer).error_code(),
              grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(StoreServiceTest, MapAndReduceGiveWhatOneMemberWould) {
    start(3);
    EXPECT_EQ(done(1, "CREATE TABLE t(region, price)", 1).error(), "");
    EXPECT_EQ(done(1,
                   "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
                   "SELECT i % 7, i FROM n",
                   2)
                  .error(),
              "");
    const auto mapReduce = [&](NodeId member, v1::StoreMapReduceRequest request) {
        request.set_timeout_ms(30'000);
        grpc::ClientContext context;
        const auto reader = members_.at(member)->stub().MapReduce(&context, request);
        Answer answer;
        v1::StoreQueryEvent event;
        while (reader->Read(&event)) {
            for (const v1::StoreRow& row : event.rows().rows()) {
                answer.rows.push_back(row);
            }
        }
        answer.status = reader->Finish();
        return answer;
    };
    const auto textOf = [](const Answer& answer) {
        std::string text = answer.status.error_message();
        for (const v1::StoreRow& row : answer.rows) {
            for (const v1::StoreValue& value : row.values()) {
                text += std::to_string(value.integer()) + " ";
            }
        }
        return text;
    };
    const Answer single = query(1, "SELECT region, count(*), sum(price) FROM t GROUP BY region ORDER BY region");
    v1::StoreMapReduceRequest request;
    request.mutable_map()->set_sql(
        "SELECT region, count(*) AS n, sum(price) AS s FROM t WHERE rowid BETWEEN ? AND ? GROUP BY region");
    request.mutable_reduce()->set_sql("SELECT region, sum(n), sum(s) FROM mapped GROUP BY region ORDER BY region");
    request.mutable_split()->set_table("t");
    request.mutable_split()->set_parts(11);
    for (const NodeId member : {1, 2, 3}) {
        EXPECT_EQ(textOf(mapReduce(member, request)), textOf(single));
    }
    // Of a state that is past on all of them.
    const auto index = execute(1, "INSERT INTO t VALUES (0, 0)").index();
    EXPECT_EQ(done(1, "DELETE FROM t", 3).error(), "");
    request.set_at_index(index - 1);
    EXPECT_EQ(textOf(mapReduce(2, request)), textOf(single));

    v1::StoreMapReduceRequest each;
    each.mutable_map()->set_sql("SELECT count(*) AS n FROM t");
    each.mutable_reduce()->set_sql("SELECT count(DISTINCT _member), min(n), max(n) FROM mapped");
    EXPECT_EQ(textOf(mapReduce(3, each)), "3 0 0 ");
    each.add_members(9);
    EXPECT_NE(textOf(mapReduce(1, each)).find("node 9 is no member"), std::string::npos);
    each.clear_members();
    each.mutable_map()->set_sql("SELECT 1 AS a, 2 AS a");
    EXPECT_NE(textOf(mapReduce(1, each)).find("the name 'a'"), std::string::npos);
    each.mutable_map()->set_sql("SELECT * FROM nowhere");
    EXPECT_NE(textOf(mapReduce(1, each)).find("no such table"), std::string::npos);
}

TEST_F(StoreServiceTest, AnotherDatabaseTakesThePlaceOfAll) {
    start(3);
    EXPECT_EQ(done(1, "CREATE TABLE old(a)", 1).error(), "");
    const auto file = folder_.path() / "other.db";
    {
        auto made = store::sqlite::Database::open(file);
        ASSERT_TRUE(made);
        ASSERT_TRUE(made->execute("CREATE TABLE t(a); INSERT INTO t SELECT hex(randomblob(20000))"));
    }
    std::ifstream in(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    std::uint64_t sequence = 1;
    const auto step = [&](std::size_t offset, std::string part, bool is_last) {
        v1::StoreExecuteRequest request;
        request.set_client(1);
        request.set_sequence(++sequence);
        request.set_timeout_ms(30'000);
        request.mutable_restore()->set_offset(offset);
        request.mutable_restore()->set_data(std::move(part));
        request.mutable_restore()->set_is_last(is_last);
        request.mutable_restore()->set_size(bytes.size());
        request.mutable_restore()->set_checksum(store::checksumOf(bytes));
        v1::StoreExecuteResponse answer;
        EXPECT_TRUE(waitUntil([&] {
            grpc::ClientContext context;
            const grpc::Status status = members_[2]->stub().Restore(&context, request, &answer);
            EXPECT_TRUE(status.ok()) << status.error_message();
            return answer.fate() == v1::STORE_FATE_APPLIED;
        }));
        EXPECT_EQ(answer.error(), "");
    };
    for (std::size_t offset = 0; offset < bytes.size(); offset += 10'000) {
        step(offset, bytes.substr(offset, 10'000), false);
    }
    step(bytes.size(), "", true);
    for (const NodeId member : {1, 2, 3}) {
        const Answer rows = query(member, "SELECT length(a) FROM t");
        ASSERT_EQ(rows.rows.size(), 1) << rows.status.error_message();
        EXPECT_EQ(rows.rows[0].values(0).integer(), 40'000);
    }
    EXPECT_EQ(query(1, "SELECT * FROM old").status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    members_[1]->allow(StoreRight::kWrite);
    grpc::ClientContext context;
    v1::StoreExecuteRequest request;
    v1::StoreExecuteResponse answer;
    EXPECT_EQ(members_[1]->stub().Restore(&context, request, &answer).error_code(),
              grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(StoreServiceTest, WhoWatchesSeesTheOthersProgress) {
    start(3);
    EXPECT_EQ(done(1, "CREATE TABLE t(a)", 1).error(), "");
    NodeId at = leader();
    ASSERT_NE(at, store::raft::kNoNode);
    v1::StoreWatchRequest request;
    request.set_interval_ms(100);
    grpc::ClientContext context;
    const auto reader = members_[at]->stub().Watch(&context, request);
    v1::StoreStatusResponse status;
    int seen = 0;
    while (reader->Read(&status)) {
        ++seen;
        const bool is_level = status.peers_size() == 2 && status.peers(0).match_index() == status.commit_index() &&
                              status.peers(1).match_index() == status.commit_index() &&
                              status.peers(0).latency_us() > 0 && status.peers(1).latency_us() > 0;
        if ((seen > 2 && is_level) || seen > 300) {
            break;
        }
    }
    EXPECT_GT(seen, 2);
    EXPECT_LE(seen, 300) << status.ShortDebugString();
    EXPECT_EQ(status.member().id(), at);
    EXPECT_GT(status.time_ms(), 0);
    context.TryCancel();
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(StoreServiceTest, WhoTakesNoRowsHoldsTheStateForAWhileOnly) {
    slow_reader_ = std::chrono::milliseconds(200);
    start(1);
    v1::StoreQueryRequest request;
    request.mutable_statement()->set_sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
        "SELECT hex(zeroblob(10000)) FROM n");
    request.set_timeout_ms(30'000);
    request.set_consistency(v1::STORE_CONSISTENCY_NONE);
    grpc::ClientContext context;
    const auto reader = members_[1]->stub().Query(&context, request);
    v1::StoreQueryEvent event;
    ASSERT_TRUE(reader->Read(&event));
    // Its log can be shortened again when the query was given up.
    EXPECT_EQ(done(1, "CREATE TABLE t(a)", 1).error(), "");
    const auto folder = folder_.path() / "1" / "data.db";
    EXPECT_TRUE(waitUntil([&] {
        auto data = store::sqlite::Database::open(folder);
        auto row =
            data ? data->prepare("PRAGMA wal_checkpoint(TRUNCATE)") : Result<store::sqlite::Statement>(data.error());
        return row && row->step().value_or(false) && row->integer(0) == 0;
    }));
    while (reader->Read(&event)) {
    }
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

/// Rows come with the begin where the caller looks for them, few of them in one event and many of them in several; what
/// takes its time is answered as well.
TEST_F(StoreServiceTest, ShortAnswersAreOneEvent) {
    start(1);
    EXPECT_EQ(done(1, "CREATE TABLE t(a)", 1).error(), "");
    EXPECT_EQ(done(1,
                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
                   "INSERT INTO t SELECT i FROM n",
                   2)
                  .error(),
              "");

    const Answer few = queryShortly(1, "SELECT a FROM t WHERE a < 3 ORDER BY a");
    EXPECT_EQ(few.events, 1);
    ASSERT_EQ(few.rows.size(), 2U);
    EXPECT_EQ(few.rows[1].values(0).integer(), 2);
    const Answer none = queryShortly(1, "SELECT a FROM t WHERE a < 0");
    EXPECT_EQ(none.events, 1);
    EXPECT_EQ(none.columns, std::vector<std::string>{"a"});
    EXPECT_EQ(query(1, "SELECT a FROM t WHERE a < 3").events, 2);
    const Answer many = queryShortly(1, "SELECT a, hex(zeroblob(5000)) FROM t ORDER BY a");
    EXPECT_GT(many.events, 10);
    ASSERT_EQ(many.rows.size(), 500U);
    const Answer slow = queryShortly(1, "SELECT count(*) FROM t x, t y");
    ASSERT_EQ(slow.rows.size(), 1U);
    EXPECT_EQ(slow.rows[0].values(0).integer(), 250'000);
    EXPECT_EQ(queryShortly(1, "SELECT nothing FROM t").status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

/// Each stream is gone as soon as its reader has it all, which may be before the thread that ended it looks up.
TEST_F(StoreServiceTest, ManyReadAtOnce) {
    start(3);
    std::vector<std::thread> clients;
    for (int client = 0; client < 16; ++client) {
        clients.emplace_back([&, member = static_cast<NodeId>(client % 3 + 1)] {
            for (int i = 0; i < 40; ++i) {
                const Answer answer = queryShortly(member, "SELECT 1");
                EXPECT_TRUE(answer.status.ok() && answer.events == 1) << answer.status.error_message();
            }
        });
    }
    for (std::thread& client : clients) {
        client.join();
    }
}

}  // namespace
}  // namespace tessera::server

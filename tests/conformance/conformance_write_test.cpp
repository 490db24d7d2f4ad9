/// The contract of plugins/sdk/connector.h for what changes data: transactions, savepoints, counts, bulk inserts,
/// prepared transactions. A connector that says it can't must refuse, and the session must go on.

#include "common/strings.h"
#include "tests/conformance/connector_client.h"
#include "tests/conformance/source.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>

#include <memory>

namespace tessera::conformance {
namespace {

/// One session, through the C table.
class Writer {
  public:
    Writer(const TsrConnector& connector, const TestHost& host, OptionList options) : connector_(connector) {
        if (std::string(connector.name) == "sqlite") {
            options.emplace_back("read_only", "false");
        }
        std::vector<TsrOption> borrowed;
        for (const auto& [name, value] : options) {
            borrowed.push_back({name.c_str(), value.c_str()});
        }
        status_ = connector_.open(host.get(), borrowed.data(), borrowed.size(), &session_, &error);
    }

    ~Writer() {
        if (session_ != nullptr) {
            connector_.close(session_);
        }
    }

    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    bool can(unsigned capabilities) { return (connector_.capabilities(session_) & capabilities) == capabilities; }

    bool usable() { return connector_.usable(session_); }

    bool begin(const char* prepared_name = nullptr) {
        const TsrTransaction transaction{sizeof transaction, TSR_ISOLATION_READ_COMMITTED, false, nullptr,
                                         prepared_name};
        return connector_.begin(session_, &transaction, &error) == TSR_OK;
    }

    bool step(TsrStep step, const char* name = "") {
        return connector_.start_step(session_, step, name, &error) == TSR_OK &&
               connector_.finish_step(session_, &error) == TSR_OK;
    }

    /// The rows that the statement changed; -2 when it failed.
    std::int64_t run(const std::string& sql, std::string* value = nullptr) {
        const TsrType type = TSR_TYPE_INT64;
        TsrQuery query{};
        query.struct_size = sizeof query;
        query.text = sql.c_str();
        query.column_count = value != nullptr ? 1U : 0U;
        query.column_types = &type;
        query.batch_bytes = 1024;
        query.expected_rows = -1;
        TsrCursor* cursor = nullptr;
        if (connector_.execute(session_, &query, &cursor, &error) != TSR_OK) {
            return -2;
        }
        TsrStatus status = TSR_AGAIN;
        while (status == TSR_OK || status == TSR_AGAIN) {
            Batch batch;
            status = connector_.next(cursor, batch.get(), &error);
            if (status == TSR_OK && value != nullptr) {
                *value = std::to_string(static_cast<const std::int64_t*>((*batch).children[0]->buffers[1])[0]);
            }
        }
        const std::int64_t affected = status == TSR_END ? connector_.affected(cursor) : -2;
        connector_.close_cursor(cursor);
        return affected;
    }

    std::string count(const std::string& table) {
        std::string value = "?";
        run("SELECT COUNT(*) FROM " + table, &value);
        return value;
    }

    /// Rows (id, 'row'); how many went in, or -2.
    std::int64_t ingest(const std::string& table, std::int64_t first, std::int64_t rows) {
        const char* columns[] = {"id", "t"};
        const TsrType types[] = {TSR_TYPE_INT64, TSR_TYPE_TEXT};
        const TsrTarget target{sizeof target, table.c_str(), 0, nullptr, 2, columns, types};
        TsrIngest* made = nullptr;
        if (connector_.start_ingest(session_, &target, &made, &error) != TSR_OK) {
            return -2;
        }
        std::int64_t count = -2;
        bool ok = true;
        for (std::int64_t i = 0; ok && i < rows; ++i) {
            const std::int64_t id = first + i;
            const TsrParam values[] = {{TSR_TYPE_INT64, false, &id, sizeof id}, {TSR_TYPE_TEXT, false, "it's \\", 6}};
            ok = connector_.ingest(made, values, 1, &error) == TSR_OK;
        }
        if (!ok || connector_.finish_ingest(made, &count, &error) != TSR_OK) {
            count = -2;
        }
        connector_.close_ingest(made);
        return count;
    }

    std::vector<std::string> prepared(const char* prefix) {
        std::vector<std::string> names;
        connector_.list_prepared(
            session_, prefix,
            [](void* context, const char* name) {
                static_cast<std::vector<std::string>*>(context)->emplace_back(name);
            },
            &names, &error);
        return names;
    }

    bool isOpen() const { return status_ == TSR_OK; }

    TsrError error{};

  private:
    const TsrConnector& connector_;
    TsrSession* session_ = nullptr;
    TsrStatus status_;
};

/// A source's sessions, and a table to write to.
class Target {
  public:
    explicit Target(Source& source)
        : table(quoteIdentifier(source.schema()) + ".conformance_writes"),
          source_(source),
          connector_(*loadBuiltConnector(source.connector()).value()) {}

    std::unique_ptr<Writer> open() {
        auto writer = std::make_unique<Writer>(connector_, host_, source_.options());
        EXPECT_TRUE(writer->isOpen()) << writer->error.message;
        return writer;
    }

    /// A session and an empty table; none when the connector only reads.
    std::unique_ptr<Writer> openToWrite() {
        auto writer = open();
        if (!writer->can(TSR_CAN_CHANGE | TSR_CAN_INGEST | TSR_CAN_TRANSACT | TSR_CAN_SAVEPOINT)) {
            return nullptr;
        }
        writer->run("DROP TABLE IF EXISTS " + table);
        EXPECT_NE(writer->run("CREATE TABLE " + table + " (id BIGINT PRIMARY KEY, t VARCHAR(40))"), -2)
            << writer->error.message;
        return writer;
    }

    const std::string table;

  private:
    Source& source_;
    const TsrConnector& connector_;
    TestHost host_;
};

TEST_P(ConnectorConformance, WhatItCannotItRefuses) {
    Target target(source());
    const auto session = target.open();
    if (!session->can(TSR_CAN_TRANSACT)) {
        EXPECT_FALSE(session->begin());
        EXPECT_STREQ(session->error.sqlstate, "0A000");
    }
    if (!session->can(TSR_CAN_INGEST)) {
        EXPECT_EQ(session->ingest(target.table, 1, 1), -2);
        EXPECT_STREQ(session->error.sqlstate, "0A000");
    }
    EXPECT_TRUE(session->usable());
}

TEST_P(ConnectorConformance, TransactionsAndSavepointsUndo) {
    if (source().changesAtCommit()) {
        GTEST_SKIP() << "changes are done at the commit: StoreTables.… of tests/integration has them";
    }
    Target target(source());
    const auto session = target.openToWrite();
    if (session == nullptr) {
        GTEST_SKIP() << "the connector only reads";
    }
    ASSERT_TRUE(session->begin()) << session->error.message;
    EXPECT_EQ(session->run("INSERT INTO " + target.table + " VALUES (1, 'a'), (2, 'b')"), 2);
    ASSERT_TRUE(session->step(TSR_STEP_SAVEPOINT, "tessera2")) << session->error.message;
    EXPECT_EQ(session->run("UPDATE " + target.table + " SET t = 'b'"), 2) << "rows that are so already count, too";
    EXPECT_EQ(session->run("DELETE FROM " + target.table + " WHERE id = 1"), 1);
    EXPECT_EQ(session->run("INSERT INTO " + target.table + " VALUES (2, 'twice')"), -2);
    EXPECT_STREQ(session->error.sqlstate, "23505");
    ASSERT_TRUE(session->step(TSR_STEP_ROLLBACK_TO, "tessera2")) << session->error.message;
    ASSERT_TRUE(session->step(TSR_STEP_RELEASE, "tessera2")) << session->error.message;
    EXPECT_EQ(session->count(target.table), "2");
    ASSERT_TRUE(session->step(TSR_STEP_ROLLBACK));
    EXPECT_TRUE(session->usable());
    EXPECT_EQ(session->count(target.table), "0");
    ASSERT_TRUE(session->begin());
    EXPECT_EQ(session->run("INSERT INTO " + target.table + " VALUES (3, NULL)"), 1);
    ASSERT_TRUE(session->step(TSR_STEP_COMMIT));
    EXPECT_EQ(target.open()->count(target.table), "1");
}

TEST_P(ConnectorConformance, IngestsAllRowsOrNone) {
    if (source().changesAtCommit()) {
        GTEST_SKIP() << "changes are done at the commit: StoreTables.… of tests/integration has them";
    }
    Target target(source());
    const auto session = target.openToWrite();
    if (session == nullptr) {
        GTEST_SKIP() << "the connector only reads";
    }
    ASSERT_TRUE(session->begin());
    EXPECT_EQ(session->ingest(target.table, 1, 20'000), 20'000) << session->error.message;
    EXPECT_EQ(session->ingest(target.table, 100'000, 0), 0);
    ASSERT_TRUE(session->step(TSR_STEP_COMMIT));
    std::string same;
    session->run("SELECT COUNT(*) FROM " + target.table + " WHERE t = 'it''s \\'", &same);
    EXPECT_EQ(same, "20000");
    ASSERT_TRUE(session->begin());
    EXPECT_EQ(session->ingest(target.table, 19'990, 20'000), -2);
    EXPECT_STREQ(session->error.sqlstate, "23505");
    ASSERT_TRUE(session->step(TSR_STEP_ROLLBACK));
    EXPECT_TRUE(session->usable());
    EXPECT_EQ(session->count(target.table), "20000");
}

TEST_P(ConnectorConformance, PreparedTransactionsOutliveTheirSession) {
    Target target(source());
    auto session = target.openToWrite();
    if (session == nullptr || !session->can(TSR_CAN_PREPARE)) {
        GTEST_SKIP() << "the connector prepares no transactions";
    }
    for (const char* name : {"tessera_c_1", "tessera_c_2"}) {
        ASSERT_TRUE(session->begin(name)) << session->error.message;
        EXPECT_EQ(session->run("INSERT INTO " + target.table + " VALUES (" + std::string(1, name[10]) + ", 'p')"), 1);
        ASSERT_TRUE(session->step(TSR_STEP_PREPARE, name)) << session->error.message;
        session = target.open();
    }
    EXPECT_THAT(session->prepared("tessera_c_"), testing::UnorderedElementsAre("tessera_c_1", "tessera_c_2"));
    EXPECT_THAT(session->prepared("another"), testing::IsEmpty());
    // MariaDB lets go of a transaction some time after its session has ended.
    const auto ends = [&](TsrStep step, const char* name) {
        return waitUntil([&] { return session->step(step, name); }, std::chrono::seconds(10));
    };
    EXPECT_TRUE(ends(TSR_STEP_COMMIT_PREPARED, "tessera_c_1")) << session->error.message;
    EXPECT_TRUE(ends(TSR_STEP_ROLLBACK_PREPARED, "tessera_c_2")) << session->error.message;
    EXPECT_EQ(session->count(target.table), "1");
    EXPECT_THAT(session->prepared("tessera_c_"), testing::IsEmpty());
}

}  // namespace
}  // namespace tessera::conformance

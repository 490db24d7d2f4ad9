#include "app/core/edit/row_apply.h"
#include "app/core/edit/row_changes.h"
#include "app/core/testing/event_loop.h"
#include "app/core/testing/fake_node_client.h"
#include "app/core/testing/sample_names.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

std::vector<client::ResultColumn> columns(std::size_t count) {
    return std::vector<client::ResultColumn>(count);
}

std::string describe(const Result<EditTarget>& target) {
    if (!target) {
        return target.error().message;
    }
    std::string text = target->schema + "." + target->table + ":";
    for (const EditTarget::Column& column : target->columns) {
        text += " " + (column.name.empty() ? "-" : column.name) + (column.is_key ? "*" : "");
    }
    return text;
}

TEST(EditTarget, IsTheOneTableOfASelect) {
    const NameIndex names = sampleNames();
    const auto of = [&](const char* sql, std::size_t count) {
        return describe(editTargetOf(sql, columns(count), &names));
    };
    EXPECT_EQ(of("select * from customers", 3), "public.customers: id* name country");
    EXPECT_EQ(of("SELECT c.id, c.name AS n, upper(name), 1 + 1 x FROM public.customers c WHERE c.id IN (SELECT "
                 "customer_id FROM orders GROUP BY 1) ORDER BY name LIMIT 10;",
                 4),
              "public.customers: id* name - -");
    EXPECT_EQ(of("select name, customers.* from only customers for update", 4),
              "public.customers: name id* name country");
    EXPECT_EQ(of("select id, \"name\" label, customers.country from customers offset 2", 3),
              "public.customers: id* name country");
    EXPECT_EQ(of("select id, id * 2, name from customers", 3), "public.customers: id* - name");
}

TEST(EditTarget, IsRefusedWhereARowIsNotOneRow) {
    const NameIndex names = sampleNames();
    const auto of = [&](const char* sql, std::size_t count) {
        return describe(editTargetOf(sql, columns(count), &names));
    };
    const std::string several = "its rows are not those of one table";
    for (const char* sql :
         {"select * from customers c join orders o on o.customer_id = c.id", "select * from customers, orders",
          "select id from customers group by id", "select id from customers union select id from orders", "select 1",
          "select * from (select * from customers) c"}) {
        EXPECT_EQ(of(sql, 3), several) << sql;
    }
    EXPECT_EQ(of("select distinct id from customers", 1), "only rows of a SELECT without DISTINCT can be changed");
    EXPECT_EQ(of("with c as (select 1) select * from c", 1), "only rows of a SELECT without DISTINCT can be changed");
    EXPECT_EQ(of("update customers set id = 1 returning *", 3),
              "only rows of a SELECT without DISTINCT can be changed");
    EXPECT_EQ(of("select * from generate_series(1, 3)", 1), "its rows come from a function");
    EXPECT_EQ(of("select name from customers", 1), "it does not have the key column 'id'");
    EXPECT_EQ(of("select * from crm.orders", 1), "it is of a view");
    EXPECT_EQ(of("select * from nowhere", 1), "its table is not known to the catalog");
    EXPECT_EQ(of("select * from customers", 2), "its columns are not those that the catalog knows");
    EXPECT_EQ(describe(editTargetOf("select * from customers", columns(3), nullptr)),
              "the names of the node are not known yet");
    // The wrong FROM is nobody's table.
    EXPECT_EQ(of("select id is distinct from name from customers", 1), several);
}

TEST(RowChanges, AreTakenBackOneByOne) {
    RowChanges changes;
    changes.set(7, 1, "a", "b");
    changes.set(7, 1, "ignored", "c");
    changes.set(8, 2, std::nullopt, "");
    EXPECT_EQ(changes.cellCount(), 2U);
    EXPECT_EQ(*changes.find(7, 1), (RowChanges::Cell{"a", "c"}));
    changes.set(7, 1, "a", "a");
    EXPECT_EQ(changes.find(7, 1), nullptr);
    ASSERT_TRUE(changes.undo());
    EXPECT_EQ(changes.find(7, 1)->after, "c");
    ASSERT_TRUE(changes.undo());
    EXPECT_EQ(changes.find(8, 2), nullptr);
    ASSERT_TRUE(changes.undo());
    EXPECT_EQ(changes.find(7, 1)->after, "b");
    ASSERT_TRUE(changes.undo());
    EXPECT_TRUE(changes.isEmpty());
    EXPECT_FALSE(changes.undo());
}

TEST(RowChanges, AStatementFindsTheRowByItsKeyAndWhatItWas) {
    EditTarget target{
        "crm", "Order items", {{"id", "bigint", true, true}, {"Note", "text"}, {"", ""}, {"doc", "json"}}};
    RowChanges changes;
    changes.set(0, 1, std::nullopt, "it's");
    changes.set(0, 3, "{}", std::nullopt);
    const client::QueryRequest request = updateOf(target, changes.rows().at(0), {"1", std::nullopt, "x", "{}"});
    EXPECT_EQ(
        request.sql,
        "UPDATE crm.\"Order items\" SET \"Note\" = $1, doc = $2 WHERE id = $3 AND \"Note\" IS NOT DISTINCT FROM $4 "
        "AND doc::text IS NOT DISTINCT FROM $5");
    std::string parameters;
    for (const client::QueryParameter& parameter : request.parameters) {
        parameters += parameter.text.value_or("NULL") + " " + parameter.type_name + ", ";
    }
    EXPECT_EQ(parameters, "it's text, NULL json, 1 bigint, NULL text, {} text, ");
}

class RowApplyTest : public testing::Test {
  protected:
    RowApplyTest() {
        QObject::connect(&apply_, &RowApply::finished, &apply_,
                         [this](const std::optional<Error>& error, std::size_t row) {
                             has_finished_ = true;
                             error_ = error;
                             row_ = row;
                         });
    }

    void start() {
        client::QueryRequest first;
        first.sql = "UPDATE 1";
        client::QueryRequest second;
        second.sql = "UPDATE 2";
        apply_.start(node_, transaction_, {first, second});
    }

    /// The statement that came next has this text; it changes that many rows.
    void answer(const char* sql, std::uint64_t rows) {
        ASSERT_TRUE(processEventsUntil([&] { return node_->statements.size() > answered_; }));
        ASSERT_EQ(node_->statement().request.sql, sql);
        ++answered_;
        node_->sessions.back()->tell(std::string_view(sql) == "COMMIT" ? client::TransactionStatus::kNone
                                                                       : client::TransactionStatus::kOpen);
        node_->statement().complete(std::string_view(sql) == "COMMIT" ? "COMMIT" : "UPDATE", rows);
        processPendingEvents();
    }

    std::shared_ptr<FakeNodeClient> node_ = std::make_shared<FakeNodeClient>("lake");
    Transaction transaction_;
    RowApply apply_;
    std::size_t answered_ = 0;
    bool has_finished_ = false;
    std::optional<Error> error_;
    std::size_t row_ = 0;
};

TEST_F(RowApplyTest, AllRowsAreOneTransaction) {
    start();
    EXPECT_TRUE(node_->statement().request.in_transaction);
    answer("UPDATE 1", 1);
    answer("UPDATE 2", 1);
    EXPECT_FALSE(has_finished_);
    answer("COMMIT", 0);
    ASSERT_TRUE(processEventsUntil([&] { return has_finished_; }));
    EXPECT_FALSE(error_);
    EXPECT_FALSE(apply_.isRunning());
    EXPECT_TRUE(processEventsUntil([&] { return node_->sessions.back()->is_closed.load(); }));
    EXPECT_FALSE(transaction_.isOpen());
}

TEST_F(RowApplyTest, ARowThatSomebodyElseChangedStopsAll) {
    start();
    answer("UPDATE 1", 1);
    answer("UPDATE 2", 0);
    ASSERT_TRUE(processEventsUntil([&] { return has_finished_; }));
    ASSERT_TRUE(error_);
    EXPECT_EQ(error_->message, "somebody else has changed or deleted the row since it was read");
    EXPECT_EQ(row_, 1U);
    EXPECT_EQ(node_->statements.size(), 2U);
    EXPECT_TRUE(processEventsUntil([&] { return node_->sessions.back()->is_closed.load(); }));
}

TEST_F(RowApplyTest, WithinAnOpenTransactionItIsASavepoint) {
    transaction_.setMode(Transaction::Mode::kManual);
    start();
    answer("SAVEPOINT tessera_rows", 0);
    answer("UPDATE 1", 2);
    answer("ROLLBACK TO SAVEPOINT tessera_rows", 0);
    ASSERT_TRUE(processEventsUntil([&] { return has_finished_; }));
    EXPECT_EQ(error_->message, "the key is that of 2 rows");
    EXPECT_EQ(transaction_.state(), Transaction::State::kOpen);
    has_finished_ = false;
    start();
    answer("SAVEPOINT tessera_rows", 0);
    answer("UPDATE 1", 1);
    answer("UPDATE 2", 1);
    answer("RELEASE SAVEPOINT tessera_rows", 0);
    ASSERT_TRUE(processEventsUntil([&] { return has_finished_; }));
    EXPECT_FALSE(error_);
    EXPECT_EQ(transaction_.state(), Transaction::State::kOpen);
    EXPECT_FALSE(node_->sessions.back()->is_closed);
}

}  // namespace
}  // namespace tessera::app

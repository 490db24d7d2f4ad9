#include "app/core/sql/transaction_words.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

TEST(TransactionWords, AreTheFirstOfAStatement) {
    EXPECT_EQ(transactionWordOf("-- now\nbegin isolation level serializable"), TransactionWord::kBegin);
    EXPECT_EQ(transactionWordOf("START TRANSACTION"), TransactionWord::kBegin);
    for (const char* end : {"commit", "END", "Rollback work", "abort", "COMMIT AND CHAIN"}) {
        EXPECT_EQ(transactionWordOf(end), TransactionWord::kEnd) << end;
    }
    for (const char* none : {"", "-- commit", "select 'begin'", "\"begin\"", "savepoint a", "rollback to savepoint a",
                             "ROLLBACK WORK TO a", "release a"}) {
        EXPECT_EQ(transactionWordOf(none), TransactionWord::kNone) << none;
    }
}

}  // namespace
}  // namespace tessera::app

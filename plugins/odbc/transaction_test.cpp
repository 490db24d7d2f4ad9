#include "plugins/odbc/transaction.h"

#include <gtest/gtest.h>

namespace tessera::odbc {
namespace {

TEST(OdbcSavepoints, AreWrittenAsEachSystemReadsThem) {
    const auto all = [](Savepoints form) {
        return savepointStatement(form, TSR_STEP_SAVEPOINT, "s2") + "; " +
               savepointStatement(form, TSR_STEP_ROLLBACK_TO, "s2") + "; " +
               savepointStatement(form, TSR_STEP_RELEASE, "s2");
    };
    EXPECT_EQ(all(Savepoints::kStandard), "SAVEPOINT s2; ROLLBACK TO SAVEPOINT s2; RELEASE SAVEPOINT s2");
    EXPECT_EQ(all(Savepoints::kWithoutRelease), "SAVEPOINT s2; ROLLBACK TO SAVEPOINT s2; ");
    EXPECT_EQ(all(Savepoints::kSqlServer), "SAVE TRANSACTION s2; ROLLBACK TRANSACTION s2; ");
    EXPECT_EQ(all(Savepoints::kDb2),
              "SAVEPOINT s2 ON ROLLBACK RETAIN CURSORS; ROLLBACK TO SAVEPOINT s2; RELEASE SAVEPOINT s2");
}

TEST(OdbcSavepoints, AreKnownOfTheSystemsThatHaveThem) {
    EXPECT_EQ(dbmsOf("Oracle").savepoints, Savepoints::kWithoutRelease);
    EXPECT_EQ(dbmsOf("PostgreSQL").savepoints, Savepoints::kStandard);
    EXPECT_EQ(dbmsOf("Something else").savepoints, Savepoints::kNone);
}

}  // namespace
}  // namespace tessera::odbc

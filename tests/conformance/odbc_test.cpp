/// What only the connector odbc promises: drivers and data sources that are not there, and credentials that stand in
/// the wrong place.

#include "tests/conformance/connector_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::conformance {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Error refusal(const OptionList& options) {
    const TestHost host;
    const auto session = ClientSession::open("odbc", host, options);
    EXPECT_FALSE(session);
    return session ? Error{} : session.error();
}

TEST(OdbcConnector, SaysThatADriverOrSourceIsNotThere) {
    const Error driver = refusal({{"driver", "No Such Driver"}, {"password", "geheimnis"}});
    EXPECT_EQ(driver.sqlstate, "HV00N") << driver.describe();
    EXPECT_THAT(driver.message, HasSubstr("No Such Driver"));
    EXPECT_THAT(driver.describe(), Not(HasSubstr("geheimnis")));
    const Error library = refusal({{"driver", "/no/such/library.so"}});
    EXPECT_EQ(library.sqlstate, "HV00N") << library.describe();
    EXPECT_THAT(library.hint, HasSubstr("install"));
    const Error source = refusal({{"dsn", "no such source"}});
    EXPECT_EQ(source.sqlstate, "HV00N") << source.describe();
    EXPECT_THAT(source.hint, HasSubstr("odbc.ini"));
}

TEST(OdbcConnector, RefusesOptionsThatLeadElsewhere) {
    EXPECT_EQ(refusal({}).sqlstate, "HV00D");
    EXPECT_EQ(refusal({{"dsn", "a"}, {"driver", "b"}}).sqlstate, "HV00D");
    EXPECT_EQ(refusal({{"driver", "SQLite3"}, {"connection_string", "Database=x;PWD=geheimnis"}}).sqlstate, "HV00D");
    EXPECT_EQ(refusal({{"driver", "SQLite3"}, {"connection_string", "FILEDSN=/etc/passwd"}}).sqlstate, "HV00D");
    EXPECT_EQ(refusal({{"driver", "SQLite3"}, {"dialect", "cobol"}}).sqlstate, "HV00D");
}

}  // namespace
}  // namespace tessera::conformance

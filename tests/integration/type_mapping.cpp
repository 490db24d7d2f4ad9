#include "tests/integration/type_mapping.h"

#include "common/strings.h"

#include <libpq-fe.h>

#include <utility>

namespace tessera {

void TypeMapping::SetUpTestSuite() {
    auto started = TemporaryPostgres::start({.with_extension = true});
    ASSERT_TRUE(started) << started.error().describe();
    node_ = std::make_unique<TemporaryPostgres>(std::move(*started));
}

void TypeMapping::TearDownTestSuite() {
    node_.reset();
}

void TypeMapping::SetUp() {
    ASSERT_NE(node_, nullptr);
    auto opened = node_->connect();
    ASSERT_TRUE(opened) << opened.error().describe();
    connection_ = std::make_unique<postgres::Connection>(std::move(*opened));
    PQsetNoticeProcessor(
        connection_->handle(),
        [](void* notices, const char* message) { *static_cast<std::string*>(notices) += message; }, &notices_);
    must(
        "SET client_min_messages = warning; DROP EXTENSION IF EXISTS tessera_fdw CASCADE; DROP SCHEMA IF EXISTS src "
        "CASCADE; CREATE SCHEMA src; CREATE EXTENSION tessera_fdw; SET client_min_messages = notice; SET timezone = "
        "'UTC'");
}

void TypeMapping::must(const std::string& sql) {
    const auto done = connection_->execute(sql);
    ASSERT_TRUE(done) << sql << "\n" << done.error().describe();
}

std::string TypeMapping::outcome(const std::string& sql) {
    const auto value = connection_->queryValue(sql);
    return value ? value->value_or("NULL") : "error " + std::string(value.error().sqlState());
}

Error TypeMapping::error(const std::string& sql) {
    auto result = connection_->query(sql);
    EXPECT_FALSE(result) << sql;
    return result ? Error{} : result.error();
}

std::string TypeMapping::notices() {
    return std::exchange(notices_, {});
}

std::string TypeMapping::createStatements(const std::string& name, const std::vector<Reading>& readings) {
    std::vector<std::string> columns;
    std::vector<std::string> values;
    for (const Reading& reading : readings) {
        columns.push_back(reading.column + " " + reading.declared);
        values.push_back(reading.literal);
    }
    return "CREATE TABLE " + name + " (" + join(columns, ", ") + "); INSERT INTO " + name + " VALUES (" +
           join(values, ", ") + ")";
}

void TypeMapping::expectReadings(const std::string& name, const std::vector<Reading>& readings) {
    for (const Reading& reading : readings) {
        EXPECT_EQ(outcome("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'src." + name +
                          "'::regclass AND attname = " + quoteLiteral(reading.column)),
                  reading.type)
            << reading.column << " " << reading.declared;
        EXPECT_EQ(outcome("SELECT " + reading.column + "::text FROM src." + name), reading.value)
            << reading.column << " " << reading.declared << " " << reading.literal;
    }
    EXPECT_EQ(outcome("SELECT count(*) FROM src." + name), "1") << "the session goes on after errors";
}

void TypeMapping::expectWritings(const std::string& name, const std::vector<Writing>& writings) {
    for (const Writing& writing : writings) {
        const std::string about = writing.column + " " + writing.literal;
        const auto written = connection_->execute("INSERT INTO src." + name + " (" + writing.column + ") VALUES (" +
                                                  writing.literal + ")");
        EXPECT_EQ(written ? outcome("SELECT " + writing.column + "::text FROM src." + name)
                          : "error " + std::string(written.error().sqlState()),
                  writing.value)
            << about << (written ? "" : "\n" + written.error().describe());
        must("DELETE FROM src." + name);
    }
}

}  // namespace tessera

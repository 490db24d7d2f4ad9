#pragma once

/// A node, and lists of what a source's types become here and back: each entry is a column of its own, so that one
/// value that does not fit hides no other.

#include "common/result.h"
#include "nodeservice/postgres/connection.h"
#include "tests/support/temporary_postgres.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace tessera {

/// What a value of the source is here. `value` is PostgreSQL's text, "NULL", or "error " and a SQLSTATE.
struct Reading {
    std::string column;
    std::string declared;  // in the source's words
    std::string literal;   // likewise
    std::string type;      // as imported
    std::string value;
};

/// What a value from here is at the source.
struct Writing {
    std::string column;  // of the table that is written
    std::string literal;
    std::string value;  // as it is read again, or "error " and a SQLSTATE
};

/// A node with the extension and the schema src.
class TypeMapping : public testing::Test {
  protected:
    static void SetUpTestSuite();
    static void TearDownTestSuite();
    void SetUp() override;

    void must(const std::string& sql);
    /// The single value as text, "NULL", or "error " and its SQLSTATE.
    std::string outcome(const std::string& sql);
    /// The error that a statement must give.
    Error error(const std::string& sql);
    /// The notices of the statements since the last call.
    std::string notices();

    /// "CREATE TABLE name (…); INSERT …" with a column and its value for each entry.
    static std::string createStatements(const std::string& name, const std::vector<Reading>& readings);
    /// Of src.name, which was imported.
    void expectReadings(const std::string& name, const std::vector<Reading>& readings);
    /// Each value is inserted into src.name alone, read again, and deleted.
    void expectWritings(const std::string& name, const std::vector<Writing>& writings);

    inline static std::unique_ptr<TemporaryPostgres> node_;
    std::unique_ptr<postgres::Connection> connection_;
    std::string notices_;
};

}  // namespace tessera

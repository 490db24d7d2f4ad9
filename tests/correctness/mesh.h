#pragma once

/// A node that has imported one source into the schema "src", and copied its tables into "copy": the two must give the
/// same answers.

#include "tests/correctness/sources.h"
#include "tests/support/temporary_postgres.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::correctness {

using Row = std::vector<std::optional<std::string>>;

/// What a statement gave: its rows, or only an error's SQLSTATE.
struct Outcome {
    std::vector<Row> rows;
    std::string sqlstate;
    std::string message;

    bool operator==(const Outcome& other) const { return sqlstate == other.sqlstate && rows == other.rows; }
};

/// The first rows that only one of the two has.
std::string difference(const Outcome& actual, const Outcome& expected);

class Mesh {
  public:
    static Result<Mesh> start(const std::string& source);
    static Result<Mesh> start(std::unique_ptr<Source> source);

    /// One more connection to the node, by its socket.
    Result<postgres::Connection> connect() const;

    const Source& source() const { return *source_; }

    const std::string& dialect() const { return source_->dialect(); }

    Result<> execute(const std::string& sql) { return connection_->execute(sql); }

    Result<postgres::Rows> query(const std::string& sql,
                                 const std::vector<std::optional<std::string>>& parameters = {}) {
        return connection_->query(sql, parameters);
    }

    /// Rows of a statement without ORDER BY are sorted.
    Outcome run(const std::string& sql, const std::vector<std::optional<std::string>>& parameters = {});

    /// "$t" in a statement is the table t of the schema.
    static std::string inSchema(std::string sql, const std::string& schema);

    /// EXPLAIN VERBOSE of the statement on foreign tables.
    std::string plan(const std::string& sql);

    /// The rows of copy.v under a condition for which an expression on its columns fails, with their SQLSTATEs.
    Result<std::vector<std::pair<std::string, std::string>>> failures(const std::string& expression,
                                                                      const std::string& condition);

  private:
    std::unique_ptr<Source> source_;
    std::unique_ptr<TemporaryPostgres> node_;
    std::unique_ptr<postgres::Connection> connection_;
};

}  // namespace tessera::correctness

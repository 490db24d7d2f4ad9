#pragma once

/// Random queries run on foreign tables and on local copies, many under way at a time: rows, or errors, must be the
/// same.

#include "tests/correctness/mesh.h"
#include "tests/correctness/query_generator.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace tessera::correctness {

struct Tally {
    std::size_t rows = 0;       // the same rows
    std::size_t errors = 0;     // the same error
    std::size_t undecided = 0;  // an error that only one order of evaluation meets
    std::size_t invalid = 0;    // no PostgreSQL statement, or one that takes too long: not counted as compared
    std::size_t different = 0;
    std::size_t explained = 0;  // a sample of the queries, of which
    std::size_t pushed = 0;     // were one foreign scan

    std::size_t compared() const { return rows + errors + undecided + different; }

    void add(const Tally& other);
    std::string describe() const;
};

class Differential {
  public:
    /// Called with what to do to see the difference again.
    using Report = std::function<void(const std::string& difference)>;

    /// `source` is a name for makeSource(). The tables, settings of the planner and queries are the seed's.
    static Result<Differential> start(const std::string& source, std::uint32_t seed, Report report);

    /// Until as many queries were compared or it is too late.
    Result<Tally> run(std::size_t queries, std::optional<std::chrono::steady_clock::time_point> end = std::nullopt);

    /// One query on both sides: what differs, and the plan.
    std::string replay(const std::string& sql, const std::vector<std::string>& parameters);

  private:
    enum class Verdict { kRows, kError, kUndecided, kInvalid, kDifferent };

    /// One side: a connection whose search path has the foreign tables or the copies.
    struct Side {
        std::string settings;
        std::unique_ptr<postgres::Connection> connection;
    };

    Result<> open(Side& side) const;
    Outcome run(Side& side, const RandomQuery& query);
    void send(Side& side, const std::vector<RandomQuery>& queries);
    std::vector<Outcome> receive(Side& side, const std::vector<RandomQuery>& queries);

    Verdict judge(const RandomQuery& query, const Outcome& actual, const Outcome& expected);
    Verdict judge(const RandomQuery& query);
    bool canFail(const RandomQuery& query);
    void note(const RandomQuery& query, Verdict verdict, Tally& tally);
    void describe(const RandomQuery& query);
    std::string differenceOf(const RandomQuery& query);
    bool isOneScan(const RandomQuery& query);

    std::uint32_t seed_ = 0;
    Report report_;
    std::unique_ptr<Mesh> mesh_;
    std::unique_ptr<QueryGenerator> generator_;
    Side foreign_;
    Side copies_;
};

}  // namespace tessera::correctness

/// Goal: whatever happens to nodes and to what they ask the store, each trigger leads to one run, no completed step is
/// repeated, no step runs on two nodes, and nothing is stuck once faults end.
/// Method: three nodes, each with scheduler and worker, over the store's real data, in virtual time, by seed. Nodes
/// crash, stand still, and have clocks of their own that jump; the store's answers get lost, and batches are applied
/// later or never. Records are watched after every step of the simulation.

#include "nodeservice/jobs/definition/read.h"
#include "nodeservice/jobs/run/scheduler.h"
#include "nodeservice/jobs/run/schema.h"
#include "nodeservice/jobs/run/worker.h"
#include "tests/support/temporary_job_store.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <set>

namespace tessera::jobs {
namespace {

using StepName = std::pair<std::int64_t, std::string>;

class Random {
  public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}

    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
    }

    bool chance(int per_thousand) { return between(1, 1000) <= per_thousand; }

  private:
    std::mt19937_64 engine_;
};

/// What all nodes share.
struct World {
    explicit World(std::uint64_t seed) : random(seed) {}

    Random random;
    TemporaryJobStore data;
    /// True time, which no node knows.
    std::int64_t time_ms = 0;
    bool has_faults = true;
    bool has_clock_jumps = false;
    /// Lets time pass for all nodes but this one, which waits for an answer.
    std::function<void(std::int64_t ms)> meanwhile;
    bool is_meanwhile = false;
    /// Batches that were lost on their way, and will be applied.
    std::deque<Batch> delayed;
    /// Who carries out what.
    std::map<StepName, int> running;
    std::int64_t effects = 0;
};

/// The store as one node reaches it.
class NodeStore : public JobStore {
  public:
    explicit NodeStore(World& world) : world_(world) {}

    Result<bool> apply(const Batch& batch) override {
        holdUp();
        if (isCut()) {
            return fail(ErrorCode::kUnavailable, "no answer");
        }
        if (world_.has_faults && world_.random.chance(40)) {
            const auto fate = world_.random.between(0, 2);
            if (fate == 0) {
                static_cast<void>(world_.data.apply(batch));
            } else if (fate == 1) {
                world_.delayed.push_back(batch);
            }
            return fail(ErrorCode::kUnavailable, "no answer");
        }
        return world_.data.apply(batch);
    }

    Result<std::vector<Row>> query(const store::SqlStatement& statement) override {
        if (isCut() || (world_.has_faults && world_.random.chance(20))) {
            return fail(ErrorCode::kUnavailable, "no answer");
        }
        return world_.data.query(statement);
    }

    std::int64_t cut_until_ms = 0;
    bool is_held_up = false;

  private:
    bool isCut() const { return world_.has_faults && world_.time_ms < cut_until_ms; }

    /// Between what the node has read and what follows from it, others go on.
    void holdUp() {
        if (world_.has_faults && !world_.is_meanwhile && world_.random.chance(15)) {
            world_.is_meanwhile = is_held_up = true;
            world_.meanwhile(world_.random.between(0, 14'000));
            world_.is_meanwhile = is_held_up = false;
        }
    }

    World& world_;
};

/// Steps that take their time, fail, or never end.
class SimulatedRunner : public StepRunner {
  public:
    explicit SimulatedRunner(World& world) : world_(world) {}

    ~SimulatedRunner() override { setStill(true); }

    /// While the node stands still its steps do not go on.
    void setStill(bool is_still) {
        if (is_still_ != is_still) {
            is_still_ = is_still;
            for (const Task& task : tasks_) {
                world_.running[task.name] += is_still ? -1 : 1;
            }
        }
    }

    void allow(std::int64_t run, std::int64_t until_steady_ms) override { allowed_until_ms_[run] = until_steady_ms; }

    void start(StepTask task) override {
        if (world_.time_ms >= allowed_until_ms_[task.run]) {
            return;
        }
        const StepName name{task.run, task.step.name};
        EXPECT_NE(world_.data.value("SELECT state FROM job_step WHERE run = " + std::to_string(task.run) +
                                    " AND name = '" + task.step.name + "'"),
                  "succeeded")
            << "a completed step is repeated: run " << task.run << ", " << task.step.name;
        EXPECT_TRUE(world_.has_clock_jumps || world_.running[name] == 0)
            << "a step runs twice at once: run " << task.run << ", " << task.step.name;
        world_.running[name] += is_still_ ? 0 : 1;
        const bool is_endless = world_.has_faults && task.step.timeout.count() > 0 && world_.random.chance(200);
        const std::int64_t left = is_endless ? 1'000'000'000 : world_.random.between(50, 6000);
        tasks_.push_back({name, task.attempt, left});
    }

    void stop(std::int64_t run, const std::string& step) override {
        std::erase_if(tasks_, [&](const Task& task) {
            const bool is_it = task.name == StepName{run, step};
            world_.running[task.name] -= is_it && !is_still_ ? 1 : 0;
            return is_it;
        });
    }

    std::vector<StepReport> takeEnded() override { return std::exchange(ended_, {}); }

    void pass(std::int64_t ms) {
        std::erase_if(tasks_, [&](const Task& task) {
            const bool is_over = world_.time_ms >= allowed_until_ms_[task.name.first];
            world_.running[task.name] -= is_over && !is_still_ ? 1 : 0;
            return is_over;
        });
        setStill(false);
        for (Task& task : tasks_) {
            task.left_ms -= ms;
            if (task.left_ms > 0) {
                continue;
            }
            --world_.running[task.name];
            ++world_.effects;
            if (world_.has_faults && world_.random.chance(150)) {
                ended_.push_back({task.name.first, task.name.second, task.attempt,
                                  fail(ErrorCode::kUnavailable, "the source is away")});
            } else {
                ended_.push_back({task.name.first, task.name.second, task.attempt, StepResult{1, 10}});
            }
        }
        std::erase_if(tasks_, [](const Task& task) { return task.left_ms <= 0; });
    }

  private:
    struct Task {
        StepName name;
        std::int64_t attempt;
        std::int64_t left_ms;
    };

    World& world_;
    bool is_still_ = false;
    std::map<std::int64_t, std::int64_t> allowed_until_ms_;
    std::vector<Task> tasks_;
    std::vector<StepReport> ended_;
};

class Node {
  public:
    Node(World& world, std::string name) : world_(world), name_(std::move(name)) { restart(); }

    void restart() {
        worker_.reset();
        scheduler_.reset();
        runner_ = std::make_unique<SimulatedRunner>(world_);
        store_ = std::make_unique<NodeStore>(world_);
        definitions_ = std::make_unique<Definitions>(*store_);
        scheduler_ = std::make_unique<Scheduler>(*store_, *definitions_, SchedulerOptions{3});
        worker_ = std::make_unique<Worker>(WorkerOptions{name_, std::chrono::milliseconds(kLeaseMs), 4, 2}, *store_,
                                           *runner_, *definitions_);
    }

    void crash(std::int64_t for_ms) {
        restart();
        away_until_ms_ = world_.time_ms + for_ms;
    }

    /// Its steps go on.
    void cut(std::int64_t for_ms) { store_->cut_until_ms = world_.time_ms + for_ms; }

    bool isHeldUp() const { return store_->is_held_up; }

    /// Its steps stand still with it.
    void pause(std::int64_t for_ms) {
        away_until_ms_ = world_.time_ms + for_ms;
        runner_->setStill(true);
    }

    void pass(std::int64_t ms, bool is_leader) {
        if (world_.time_ms < away_until_ms_) {
            return;
        }
        runner_->pass(ms);
        if (store_->is_held_up) {
            return;
        }
        const std::int64_t wall_ms = kBeginMs + world_.time_ms + clock_ms;
        if (is_leader) {
            static_cast<void>(scheduler_->tick(wall_ms));
        }
        worker_->tick(wall_ms, world_.time_ms);
    }

    std::int64_t clock_ms = 0;

    static constexpr std::int64_t kLeaseMs = 6000;
    static constexpr std::int64_t kBeginMs = 1'800'000'000'000;

  private:
    World& world_;
    const std::string name_;
    std::int64_t away_until_ms_ = 0;
    std::unique_ptr<SimulatedRunner> runner_;
    std::unique_ptr<NodeStore> store_;
    std::unique_ptr<Definitions> definitions_;
    std::unique_ptr<Scheduler> scheduler_;
    std::unique_ptr<Worker> worker_;
};

constexpr const char* kJobs[] = {
    R"(job: chain
owner: x
triggers: [{every: 20s, missed: catch_up}]
retries: {count: 3, wait: 2s}
steps:
  - {name: a, sql: SELECT 1}
  - {name: b, after: [a], sql: SELECT 1}
  - {name: c, after: [a], sql: SELECT 1, timeout: 10s}
  - {name: d, after: [b, c], sql: SELECT 1}
)",
    R"(job: skipping
owner: x
triggers: [{every: 7s, missed: catch_up}]
concurrency: skip
steps: [{name: a, sql: SELECT 1, timeout: 8s}]
)",
    R"(job: replacing
owner: x
triggers: [{every: 15s, missed: catch_up, jitter: 4s}]
concurrency: replace
steps: [{name: a, sql: SELECT 1}, {name: b, sql: SELECT 1}]
)",
    R"(job: following
owner: x
triggers: [{after: chain, end: any}]
concurrency: allow
timeout: 1m
steps: [{name: a, sql: SELECT 1, timeout: 9s}, {name: b, after: [], sql: SELECT 1}]
)"};

class JobSimulation : public testing::TestWithParam<int> {
  protected:
    JobSimulation() : world_(static_cast<std::uint64_t>(GetParam())) {
        world_.has_clock_jumps = GetParam() % 2 == 0;
        EXPECT_TRUE(migrate(world_.data));
        for (const char* text : kJobs) {
            const ReadDefinition read = readDefinition(text, "job");
            EXPECT_TRUE(read.errors.empty()) << read.errors.front().describe();
            EXPECT_TRUE(*world_.data.apply(define(read.definition, 0, "x")));
        }
        for (const char* name : {"one", "two", "three"}) {
            nodes_.push_back(std::make_unique<Node>(world_, name));
        }
        world_.meanwhile = [this](std::int64_t ms) { pass(ms); };
    }

    void pass(std::int64_t duration_ms) {
        for (const std::int64_t end = world_.time_ms + duration_ms; world_.time_ms < end && !HasFailure();) {
            const std::int64_t ms = world_.random.between(100, 400);
            world_.time_ms += ms;
            if (world_.has_faults) {
                makeTrouble();
            }
            while (!world_.delayed.empty() && (!world_.has_faults || world_.random.chance(100))) {
                static_cast<void>(world_.data.apply(world_.delayed.front()));
                world_.delayed.pop_front();
            }
            world_.data.now_ms =
                std::max(world_.data.now_ms, Node::kBeginMs + world_.time_ms + nodes_[leader_]->clock_ms);
            for (std::size_t i = 0; i < nodes_.size(); ++i) {
                // One that was the leader may not know yet.
                nodes_[i]->pass(ms, i == leader_ || (world_.has_faults && world_.random.chance(100)));
            }
            watch();
        }
    }

    void makeTrouble() {
        Node& node = *nodes_[static_cast<std::size_t>(world_.random.between(0, 2))];
        if (node.isHeldUp()) {
            return;
        }
        if (world_.random.chance(10)) {
            node.cut(world_.random.between(0, 20'000));
        }
        if (world_.random.chance(12)) {
            node.crash(world_.random.between(0, 20'000));
        }
        if (world_.random.chance(10)) {
            node.pause(world_.random.between(0, 20'000));
        }
        if (world_.random.chance(20)) {
            leader_ = static_cast<std::size_t>(world_.random.between(0, 2));
        }
        if (world_.has_clock_jumps && world_.random.chance(5)) {
            node.clock_ms = world_.random.between(-15'000, 15'000);
        }
        if (world_.random.chance(8)) {
            byHand("SELECT max(id) FROM job_run WHERE state IN ('waiting', 'running')", cancel);
        }
        if (world_.random.chance(8)) {
            byHand("SELECT max(id) FROM job_run WHERE state IN ('failed', 'cancelled')", rerun);
        }
    }

    void byHand(const std::string& which, Batch (*batch)(std::int64_t, const std::string&)) {
        if (const std::string run = world_.data.value(which); !run.empty()) {
            static_cast<void>(world_.data.apply(batch(std::stoll(run), "anna")));
        }
    }

    void watch() {
        ASSERT_EQ(world_.data.value("SELECT count(*) FROM (SELECT job FROM job_run WHERE state = 'running' AND "
                                    "concurrency <> 'allow' GROUP BY job HAVING count(*) > 1)"),
                  "0")
            << "runs of a job overlap";
        // What is completed stays completed, of the same attempt.
        const auto rows = world_.data.query({"SELECT run, name, attempt FROM job_step WHERE state = 'succeeded'", {}});
        std::map<StepName, std::int64_t> completed;
        for (const Row& row : *rows) {
            completed[{std::get<std::int64_t>(row[0]), std::get<std::string>(row[1])}] = std::get<std::int64_t>(row[2]);
        }
        for (const auto& [step, attempt] : completed_) {
            ASSERT_TRUE(completed.contains(step) && completed[step] == attempt)
                << "run " << step.first << ", " << step.second << " was completed";
        }
        completed_ = std::move(completed);
        ASSERT_EQ(world_.data.value("SELECT count(*) FROM job_step WHERE failures > 4"), "0") << "too many attempts";
    }

    std::string count(const std::string& condition) {
        return world_.data.value("SELECT count(*) FROM job_run WHERE " + condition);
    }

    /// Every time of a job that catches up has its run.
    void expectEveryTime(const std::string& job, std::int64_t every_s) {
        const std::int64_t considered =
            std::stoll(world_.data.value("SELECT considered_s FROM job_trigger WHERE job = '" + job + "'"));
        const auto rows =
            world_.data.query({"SELECT scheduled_s FROM job_run WHERE job = ? AND cause = 'time' ORDER BY 1", {job}});
        std::vector<std::int64_t> expected;
        for (std::int64_t at = Node::kBeginMs / 1000 + 1; at <= considered; ++at) {
            if (at % every_s == 0) {
                expected.push_back(at);
            }
        }
        std::vector<std::int64_t> found;
        for (const Row& row : *rows) {
            found.push_back(std::get<std::int64_t>(row[0]));
        }
        EXPECT_EQ(found, expected) << job;
        EXPECT_GT(found.size(), 5U) << job;
    }

    World world_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::size_t leader_ = 0;
    std::map<StepName, std::int64_t> completed_;
};

TEST_P(JobSimulation, EachTriggerIsOneRunAndNothingIsRepeatedOrStuck) {
    pass(160'000);
    ASSERT_FALSE(HasFailure());
    world_.has_faults = false;
    for (const auto& node : nodes_) {
        node->clock_ms = 0;
    }
    // Long enough for clocks that were ahead, and for what has piled up.
    pass(60'000);
    // No new times; what is there comes to its end.
    for (const char* job : {"chain", "skipping", "replacing"}) {
        expectEveryTime(job, job == std::string("chain") ? 20 : job == std::string("skipping") ? 7 : 15);
        EXPECT_TRUE(*world_.data.apply(pause(job, true)));
    }
    for (int i = 0; i < 100 && count("ended_ms IS NULL OR is_followed = 0") != "0"; ++i) {
        pass(10'000);
    }
    EXPECT_EQ(count("ended_ms IS NULL OR is_followed = 0"), "0") << "runs are stuck";
    EXPECT_EQ(count("state NOT IN ('succeeded', 'failed', 'cancelled', 'skipped')"), "0");
    EXPECT_EQ(count("state = 'succeeded' AND EXISTS (SELECT 1 FROM job_step WHERE run = id AND state <> 'succeeded')"),
              "0");
    EXPECT_EQ(count("job = 'chain' AND NOT EXISTS (SELECT 1 FROM job_run f WHERE f.key = 'following/after/0/' || "
                    "job_run.id || '/' || job_run.epoch)"),
              "0")
        << "a run was not followed";
    EXPECT_GT(std::stoll(count("state = 'succeeded'")), 10);
}

INSTANTIATE_TEST_SUITE_P(Seeds, JobSimulation, testing::Range(1, 9));

}  // namespace
}  // namespace tessera::jobs

/// How few batches a run takes, and what a node does when it does not hear whether it has taken one. What happens when
/// nodes fail is the simulation's.

#include "nodeservice/jobs/run/worker.h"

#include "nodeservice/jobs/definition/read.h"
#include "nodeservice/jobs/run/schema.h"
#include "tests/support/temporary_job_store.h"

#include <functional>

namespace tessera::jobs {
namespace {

/// Counts the batches that have an effect, and loses answers when it is told to.
class CountingStore : public TemporaryJobStore {
  public:
    Result<bool> apply(const Batch& batch) override {
        const bool is_lost = loses_next && !loses_next->applied;
        if (is_lost) {
            loses_next.reset();
            return fail(ErrorCode::kUnavailable, "no answer");
        }
        auto applied = TemporaryJobStore::apply(batch);
        batches += applied.value_or(false) ? 1 : 0;
        if (loses_next) {
            loses_next.reset();
            return fail(ErrorCode::kUnavailable, "no answer");
        }
        return applied;
    }

    struct Loss {
        bool applied;
    };

    int batches = 0;
    std::optional<Loss> loses_next;
};

/// Every step is done when it is next asked.
class DoneAtOnce : public StepRunner {
  public:
    void allow(std::int64_t /*run*/, std::int64_t /*until_steady_ms*/) override {}

    void start(StepTask task) override {
        ++started;
        ended_.push_back({task.run, task.step.name, task.attempt, StepResult{1, 2}});
    }

    void stop(std::int64_t /*run*/, const std::string& /*step*/) override {}

    std::vector<StepReport> takeEnded() override { return std::exchange(ended_, {}); }

    int started = 0;

  private:
    std::vector<StepReport> ended_;
};

class WorkerOfOneNode : public testing::Test {
  protected:
    WorkerOfOneNode() { EXPECT_TRUE(migrate(store_)); }

    void start(const std::string& steps, int runs = 1) {
        const ReadDefinition read = readDefinition("job: j\nowner: anna\nconcurrency: allow\nsteps:\n" + steps, "t");
        ASSERT_TRUE(read.errors.empty()) << read.errors.front().describe();
        ASSERT_TRUE(*store_.apply(define(read.definition, 0, "anna")));
        for (int i = 0; i < runs; ++i) {
            ASSERT_TRUE(*store_.apply(createRun(
                read.definition, {.key = std::to_string(i), .version = 1, .cause = "hand", .date = "2027-01-15"})));
        }
        store_.batches = 0;
    }

    void tick() { worker_.tick(store_.now_ms, steady_ms_ += 10); }

    std::string count(const std::string& of) { return store_.value("SELECT count(*) FROM " + of); }

    std::int64_t steady_ms_ = 1'000'000;
    CountingStore store_;
    Definitions definitions_{store_};
    DoneAtOnce runner_;
    Worker worker_{{"one", std::chrono::milliseconds(6000), 2, 4}, store_, runner_, definitions_};
};

TEST_F(WorkerOfOneNode, ARunOfOneStepIsTwoBatches) {
    start("  - {name: a, sql: SELECT 1}\n");
    tick();
    EXPECT_EQ(store_.batches, 1) << "taken with its step";
    EXPECT_EQ(runner_.started, 1);
    tick();
    EXPECT_EQ(store_.batches, 2) << "ended with its step";
    EXPECT_EQ(count("job_run WHERE state = 'succeeded'"), "1");
    EXPECT_EQ(store_.value("SELECT group_concat(text, '; ') FROM (SELECT text FROM job_log ORDER BY line)"),
              "taken by node one; started; done, 1 row, 2 bytes; the run has succeeded");
}

TEST_F(WorkerOfOneNode, RunsThatWaitAreTakenAsOthersEnd) {
    start("  - {name: a, sql: SELECT 1}\n", 6);
    tick();
    EXPECT_EQ(runner_.started, 2) << "no more than it may";
    tick();
    EXPECT_EQ(count("job_run WHERE state = 'succeeded'"), "2");
    EXPECT_EQ(runner_.started, 4);
    tick();
    tick();
    EXPECT_EQ(count("job_run WHERE state = 'succeeded'"), "6");
}

TEST_F(WorkerOfOneNode, EveryStepOfAGraphIsDoneOnce) {
    start("  - {name: a, sql: SELECT 1}\n  - {name: b, sql: SELECT 2}\n  - {name: c, after: [a], sql: SELECT 3}\n");
    for (int i = 0; i < 6; ++i) {
        tick();
    }
    EXPECT_EQ(count("job_step WHERE state = 'succeeded' AND attempt = 1"), "3");
    EXPECT_EQ(count("job_run WHERE state = 'succeeded'"), "1");
}

TEST_F(WorkerOfOneNode, AClaimWhoseAnswerIsLostIsFoundAgain) {
    start("  - {name: a, sql: SELECT 1}\n");
    store_.loses_next = {.applied = true};
    tick();
    tick();
    tick();
    EXPECT_EQ(count("job_run WHERE state = 'succeeded' AND epoch = 1"), "1");
    EXPECT_EQ(count("job_step WHERE attempt = 1 AND interruptions = 0"), "1");
    EXPECT_EQ(runner_.started, 1);
}

TEST_F(WorkerOfOneNode, AClaimThatWasLostIsTriedAgainAtOnce) {
    start("  - {name: a, sql: SELECT 1}\n");
    store_.loses_next = {.applied = false};
    for (int i = 0; i < 4; ++i) {
        tick();
    }
    EXPECT_EQ(count("job_run WHERE state = 'succeeded' AND epoch = 1"), "1");
    EXPECT_EQ(runner_.started, 1);
}

}  // namespace
}  // namespace tessera::jobs

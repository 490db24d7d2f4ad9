#pragma once

/// For tests of jobs: the store's real data, on one node, at a time that the test sets.

#include "nodeservice/jobs/run/job_store.h"
#include "nodeservice/store/sql/data.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>

namespace tessera::jobs {

class TemporaryJobStore : public JobStore {
  public:
    TemporaryJobStore() {
        setenv("TZ", "UTC", 1);
        tzset();
        auto opened = store::Data::open(folder_.path() / "data.db");
        EXPECT_TRUE(opened) << opened.error().describe();
        data_ = std::move(*opened);
    }

    Result<bool> apply(const Batch& batch) override {
        store::Command command;
        command.now_ms = now_ms;
        command.statements = batch;
        command.guarded_names = 0;
        const store::raft::Entry entry{data_->applied() + 1, 1, store::raft::EntryKind::kCommand,
                                       store::raft::makePayload(command.encode())};
        const store::Outcome outcome = TSR_TRY(data_->apply(entry));
        if (outcome.error.empty()) {
            return true;
        }
        EXPECT_NE(outcome.error.find(kExpectationFailed), std::string::npos) << outcome.error << "\n"
                                                                             << batch.at(outcome.failed).sql;
        return false;
    }

    Result<std::vector<Row>> query(const store::SqlStatement& statement) override {
        auto rows = data_->query(statement);
        EXPECT_TRUE(rows) << rows.error().describe() << "\n" << statement.sql;
        return rows;
    }

    /// The only value of a query, as text.
    std::string value(const std::string& sql) {
        const auto rows = query({sql, {}});
        if (!rows || rows->empty()) {
            return "";
        }
        const auto& found = rows->at(0).at(0);
        if (const auto* number = std::get_if<std::int64_t>(&found)) {
            return std::to_string(*number);
        }
        const auto* text = std::get_if<std::string>(&found);
        return text == nullptr ? "" : *text;
    }

    std::int64_t now_ms = 1'800'000'000'000;

  private:
    TemporaryDirectory folder_;
    std::unique_ptr<store::Data> data_;
};

}  // namespace tessera::jobs

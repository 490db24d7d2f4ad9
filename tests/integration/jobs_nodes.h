#pragma once

/// Nodes with jobs, for tests: who may do what, a schema that steps leave their traces in, and what tests ask.

#include "nodeservice/client/jobs_client.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_node.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tessera {

using client::JobsClient;
using std::chrono::seconds;

inline constexpr seconds kPatience{90};
inline constexpr const char* kUsers =
    "{name: reader, password: r}, {name: support, password: s}, {name: etl, password: e}, {name: stranger, password: "
    "x}";
inline constexpr const char* kRights =
    "jobs: {run_as: [etl], readers: [reader], operators: [support], authors: [etl], administrators: [tester], "
    "lease_seconds: 3, export_folders: ['@FOLDER@/exports'], http_hosts: [127.0.0.1], credentials: {hooks: 'Bearer "
    "x'}}\n"
    "sources: [{name: toys, connector: memory, options: {tables: '{\"t\": {\"columns\": [{\"name\": \"id\", \"type\": "
    "\"bigint\"}], \"rows\": 10}}'}, import: [{schema: any, into: toys}]}]\n"
    "init: init\n";
/// What steps do, seen by its effects.
inline constexpr const char* kInit =
    "CREATE TABLE IF NOT EXISTS public.done(run bigint, step text, at timestamptz DEFAULT clock_timestamp());\n"
    "GRANT ALL ON public.done TO etl; GRANT tessera_administrator TO tester;\n";

inline std::shared_ptr<JobsClient> clientOf(const TemporaryNode& node, const std::string& user = TemporaryNode::kUser,
                                            const std::string& password = TemporaryNode::kPassword) {
    auto made = JobsClient::create({"node", "127.0.0.1:" + std::to_string(node.port()), user, password});
    EXPECT_TRUE(made) << made.error().describe();
    return made.value_or(nullptr);
}

inline Result<client::JobApplication> apply(JobsClient& client, const std::string& text) {
    return client.apply({{"job.yaml", text}}, false);
}

inline std::string applied(JobsClient& client, const std::string& text) {
    const auto done = apply(client, text);
    if (!done) {
        return done.error().describe();
    }
    return done->problems.empty() ? "" : done->problems.front().describe();
}

inline std::vector<std::string> logOf(JobsClient& client, std::int64_t run, bool follow = false) {
    std::vector<std::string> lines;
    const auto told = client.log(run, 0, follow, [&](const client::JobLogLine& line) {
        lines.push_back(line.step + ": " + line.text);
        return true;
    });
    EXPECT_TRUE(told) << told.error().describe();
    return lines;
}

inline Result<TemporaryNode> prepareNode(const std::string& name) {
    auto node = TemporaryNode::prepare({.name = name, .yaml = kRights, .users = kUsers});
    if (node) {
        std::filesystem::create_directory(node->folder() / "init");
        writeFile(node->folder() / "init" / "done.sql", kInit);
        // The node gives root up, and becomes somebody who may not write to the test's folder.
        std::filesystem::create_directory(node->folder() / "exports");
        std::filesystem::permissions(node->folder() / "exports", std::filesystem::perms::all);
    }
    return node;
}

}  // namespace tessera

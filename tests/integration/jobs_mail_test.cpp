/// Goal: who a job names is told by e-mail how its run ended. Method: a real node, and a real SMTP server (aiosmtpd)
/// that prints what it is given.

#include "common/net.h"
#include "common/process.h"
#include "nodeservice/client/jobs_client.h"
#include "tests/support/temporary_node.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

TEST(JobsMail, AFailedRunIsToldByAMailServer) {
    const auto port = freeLoopbackPort();
    ASSERT_TRUE(port);
    const std::string address = "127.0.0.1:" + std::to_string(*port);
    auto server = Process::start({.arguments = {"/usr/bin/python3", "-u", "-m", "aiosmtpd", "-n", "-l", address},
                                  .standard_output = ProcessOutput::capture(),
                                  .standard_error = ProcessOutput::capture(),
                                  .signal_on_parent_death = SIGTERM});
    ASSERT_TRUE(server) << server.error().describe();
    auto node = TemporaryNode::start({.name = "solo",
                                      .yaml = "jobs: {run_as: [etl], authors: [etl], mail: {server: 'smtp://" +
                                              address + "', from: jobs@example.org}}\n",
                                      .users = "{name: etl, password: e}"});
    ASSERT_TRUE(node) << node.error().describe();
    const auto client = client::JobsClient::create({"solo", "127.0.0.1:" + std::to_string(node->port()), "etl", "e"});
    ASSERT_TRUE(client);
    const auto applied =
        (*client)->apply({{"job.yaml",
                           "job: failing\nowner: etl\nalerts: [{on: failure, email: anna@example.org}]\nsteps:\n"
                           "  - {name: divide, sql: SELECT 1 / 0}\n"}},
                         false);
    ASSERT_TRUE(applied) << applied.error().describe();
    ASSERT_TRUE(applied->problems.empty()) << applied->problems.front().describe();
    const auto run = (*client)->start("failing", {}, "");
    ASSERT_TRUE(run) << run.error().describe();
    // Sent again until it is there: the server may not listen yet.
    ASSERT_TRUE(
        waitUntil([&] { return server->capturedOutput().find("END MESSAGE") != std::string::npos; }, seconds(90)))
        << server->capturedOutput() << server->capturedError();
    const std::string mail = server->capturedOutput();
    EXPECT_THAT(mail, HasSubstr("Subject: [Tessera] Job failing: run " + std::to_string(*run) + " is failed"));
    EXPECT_THAT(mail, HasSubstr("To: anna@example.org"));
    EXPECT_THAT(mail, HasSubstr("From: jobs@example.org"));
    EXPECT_THAT(mail, HasSubstr("division by zero"));
    // What became of it stands in the run's log.
    EXPECT_TRUE(waitUntil(
        [&] {
            bool is_told = false;
            static_cast<void>((*client)->log(*run, 0, false, [&](const client::JobLogLine& line) {
                is_told = is_told || line.text == "an alert was sent";
                return true;
            }));
            return is_told;
        },
        seconds(90)));
    server->terminate(seconds(10));
}

}  // namespace
}  // namespace tessera

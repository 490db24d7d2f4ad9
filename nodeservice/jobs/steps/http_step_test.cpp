#include "nodeservice/jobs/steps/http_step.h"

#include "common/http/send.h"
#include "tests/support/http_listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace tessera::jobs {
namespace {

using testing::HasSubstr;

HttpOptions options() {
    HttpOptions made;
    made.hosts = {"127.0.0.1", "*.example.org"};
    made.credentials.emplace("hooks", Secret("Bearer s3cret"));
    return made;
}

Result<StepResult> call(const HttpStep& step) {
    StepTask task;
    task.effect_key = "run-7/call";
    task.step.action = step;
    task.values = {{"name", {ParameterType::kText, "a \"b\"&c"}}};
    StepAttempt attempt(std::move(task));
    const HttpOptions made = options();
    return runHttp(attempt, step, made);
}

TEST(HttpSteps, SendsValuesQuotedTheSecretAndTheKey) {
    HttpListener server(HttpListener::answerOf(200, "fine"));
    const auto done =
        call({server.url("/done?n=${name}"), "PUT", {{"X-Name", "v"}}, R"({"name": "${name}"})", "hooks"});
    ASSERT_TRUE(done) << done.error().describe();
    const std::string heard = server.heard();
    EXPECT_THAT(heard, HasSubstr("PUT /done?n=a%20%22b%22%26c HTTP/1.1"));
    EXPECT_THAT(heard, HasSubstr("Authorization: Bearer s3cret\r\n"));
    EXPECT_THAT(heard, HasSubstr("Idempotency-Key: run-7/call\r\n"));
    EXPECT_THAT(heard, HasSubstr("X-Name: v\r\n"));
    EXPECT_THAT(heard, HasSubstr(R"({"name": "a \"b\"&c"})"));
}

TEST(HttpSteps, StatusesSayWhetherToTryAgain) {
    for (const auto& [status, code] :
         {std::pair(404, ErrorCode::kInvalidArgument), std::pair(302, ErrorCode::kInvalidArgument),
          std::pair(429, ErrorCode::kUnavailable), std::pair(503, ErrorCode::kUnavailable)}) {
        HttpListener server(HttpListener::answerOf(status, "no"));
        const auto done = call({server.url(), "POST", {}, "", ""});
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, code) << status;
        EXPECT_THAT(done.error().message, HasSubstr("answers with status " + std::to_string(status)));
    }
}

TEST(HttpSteps, OnlyHostsThatAreNamedAndOnlySafely) {
    EXPECT_TRUE(checkHost("https://hooks.example.org/x", options()));
    for (const char* url :
         {"https://example.org.evil.net/", "https://evil.net/?127.0.0.1", "https://127.0.0.1@evil.net/",
          "file:///etc/passwd", "https://evil.net\\@127.0.0.1/", "ftp://127.0.0.2/", ""}) {
        EXPECT_FALSE(checkHost(url, options())) << url;
    }
    const auto clear = call({"http://hooks.example.org/", "POST", {}, "", ""});
    ASSERT_FALSE(clear);
    EXPECT_THAT(clear.error().message, HasSubstr("is not safe"));
    EXPECT_THAT(call({"https://evil.net/", "POST", {}, "", ""}).error().hint, HasSubstr("jobs.http_hosts"));
    EXPECT_THAT(call({"http://127.0.0.1:1/", "POST", {}, "", "nobody"}).error().message,
                HasSubstr("no credential 'nobody'"));
}

TEST(HttpSteps, AnAnswerWithoutEndIsCut) {
    HttpListener server(HttpListener::answerOf(200, std::string(300'000, 'x')));
    const auto answer = http::send({.url = server.url(), .most_bytes = 1000});
    ASSERT_TRUE(answer) << answer.error().describe();
    EXPECT_TRUE(answer->is_cut);
    EXPECT_EQ(answer->body.size(), 1000U);
    EXPECT_EQ(answer->status, 200);
}

TEST(HttpSteps, StopsWhileItWaits) {
    HttpListener server("");
    server.is_silent = true;
    std::atomic<bool> is_stopped = false;
    std::thread stopper([&] {
        while (server.heard().empty()) {
            std::this_thread::yield();
        }
        is_stopped = true;
    });
    const auto answer = http::send({.url = server.url(), .is_stopped = [&] { return is_stopped.load(); }});
    stopper.join();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kCancelled);
}

TEST(Mail, IsWrittenAsRfc5322HasIt) {
    http::MailOptions mail;
    mail.from = "a@x";
    mail.to = "b@y\r\nBcc: c@z";
    mail.subject = "Müll";
    mail.text = "one\ntwo";
    const std::string text = http::mailText(mail, "Sun, 22 Nov 2026 06:00:00 +0000");
    EXPECT_THAT(text, HasSubstr("To: b@y  Bcc: c@z\r\n")) << "no header can be smuggled in";
    EXPECT_THAT(text, HasSubstr("Subject: =?UTF-8?Q?M=C3=BCll?=\r\n"));
    EXPECT_THAT(text, HasSubstr("\r\n\r\none\r\ntwo\r\n"));
}

}  // namespace
}  // namespace tessera::jobs

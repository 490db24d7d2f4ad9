/// Files into buckets of a real server of S3 (moto), which checks every signature: whole and in parts, replaced,
/// refused.

#include "nodeservice/jobs/steps/s3.h"

#include "common/http/send.h"
#include "common/net.h"
#include "common/process.h"
#include "nodeservice/jobs/steps/export_step.h"
#include "nodeservice/jobs/steps/step_pool.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_postgres.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace tessera::jobs {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

/// Until it has been asked so often it lets everybody in, to be set up; from then on it wants a key.
constexpr const char* kFreeRequests = "5";
const std::string kCredential =
    "Authorization: AWS4-HMAC-SHA256 Credential=setup/20261122/us-east-1/iam/aws4_request, SignedHeaders=host, "
    "Signature=none";

std::string elementOf(const std::string& xml, const std::string& name) {
    const std::size_t begin = xml.find("<" + name + ">") + name.size() + 2;
    return xml.substr(begin, xml.find("</" + name + ">") - begin);
}

class S3 : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const auto port = freeLoopbackPort();
        ASSERT_TRUE(port);
        endpoint_ = "http://127.0.0.1:" + std::to_string(*port);
        auto started = Process::start(
            {.arguments = {"python3", "-m", "moto.server", "-H", "127.0.0.1", "-p", std::to_string(*port)},
             .environment = {{"PYTHONPATH", TESSERA_S3_SERVER}, {"INITIAL_NO_AUTH_ACTION_COUNT", kFreeRequests}},
             .standard_output = ProcessOutput::discard(),
             .standard_error = ProcessOutput::discard(),
             .signal_on_parent_death = 9});
        ASSERT_TRUE(started) << started.error().describe();
        server_.emplace(std::move(*started));
        // Not one of the free requests: it is the server's own page.
        ASSERT_TRUE(waitUntil([] { return http::send({.url = endpoint_ + "/moto-api/", .method = "GET"}).has_value(); },
                              seconds(60)));
        iam("Action=CreateUser&UserName=etl");
        iam("Action=PutUserPolicy&UserName=etl&PolicyName=all&PolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22"
            "Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3A%2A%22%2C%22Resource%22%3A%22%2A"
            "%22%7D%5D%7D");
        const std::string key = iam("Action=CreateAccessKey&UserName=etl");
        id_ = elementOf(key, "AccessKeyId");
        secret_ = elementOf(key, "SecretAccessKey");
        for (const char* bucket : {"/lake", "/other"}) {
            const auto made = http::send({.url = endpoint_ + bucket, .method = "PUT"});
            ASSERT_TRUE(made && made->status == 200);
        }
    }

    static void TearDownTestSuite() {
        if (server_) {
            (void)server_->signal(SIGKILL);
            server_->wait(seconds(10));
            server_.reset();
        }
    }

    static std::string iam(const std::string& form) {
        const auto answer = http::send({.url = endpoint_ + "/",
                                        .headers = {kCredential, "Content-Type: application/x-www-form-urlencoded"},
                                        .body = form + "&Version=2010-05-08"});
        EXPECT_TRUE(answer && answer->status == 200) << form << "\n" << (answer ? answer->body : "");
        return answer ? answer->body : "";
    }

    static S3Bucket bucket(const std::string& name = "lake", const std::string& secret = secret_) {
        S3Bucket made;
        made.name = name;
        made.endpoint = endpoint_;
        made.key.region = "us-east-1";
        made.key.id = id_;
        made.key.secret = Secret(secret);
        return made;
    }

    static StepAttempt attempt() {
        static const auto kDefinition = std::make_shared<const Definition>();
        StepTask task;
        task.run = 7;
        task.definition = kDefinition;
        task.step.name = "files";
        return StepAttempt(std::move(task));
    }

    Result<> put(const S3Bucket& into, const std::string& key, const std::string& bytes,
                 std::size_t part_bytes = std::size_t{16} << 20U) {
        writeFile(folder_.path() / "file", bytes);
        StepAttempt trying = attempt();
        return putFile({&into, key}, folder_.path() / "file", trying, part_bytes);
    }

    /// What the bucket holds there now; the status when it is nothing.
    static std::string get(const S3Bucket& from, const std::string& key) {
        http::SendOptions request;
        request.url = endpoint_ + "/" + from.name + "/" + key;
        request.method = "GET";
        // Of nothing.
        request.headers = {"x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};
        request.aws_key = &from.key;
        request.most_bytes = std::size_t{64} << 20U;
        const auto answer = http::send(request);
        EXPECT_TRUE(answer) << answer.error().describe();
        return !answer ? "" : answer->status == 200 ? answer->body : std::to_string(answer->status);
    }

    inline static std::optional<Process> server_;
    inline static std::string endpoint_;
    inline static std::string id_;
    inline static std::string secret_;
    TemporaryDirectory folder_;
};

TEST_F(S3, AFileTakesTheObjectsPlace) {
    const S3Bucket lake = bucket();
    std::string bytes(200'000, 'x');
    bytes[7] = '\0';
    const auto done = put(lake, "orders/2026-11-22.parquet", bytes);
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_EQ(get(lake, "orders/2026-11-22.parquet"), bytes);
    ASSERT_TRUE(put(lake, "orders/2026-11-22.parquet", "new"));
    EXPECT_EQ(get(lake, "orders/2026-11-22.parquet"), "new");
    // Names as people give them.
    const auto strange = put(lake, "a b/ü=1+2&c.csv", "odd");
    ASSERT_TRUE(strange) << strange.error().describe();
    EXPECT_EQ(get(lake, "a%20b/%C3%BC%3D1%2B2%26c.csv"), "odd");
    ASSERT_TRUE(put(lake, "empty", ""));
    EXPECT_EQ(get(lake, "empty"), "");
}

TEST_F(S3, ALargeFileGoesInPartsAndIsThereAtOnce) {
    const S3Bucket lake = bucket();
    // S3's parts, but for the last, have 5 MiB at least.
    constexpr std::size_t kPart = std::size_t{5} << 20U;
    std::string bytes;
    for (std::uint64_t i = 0; bytes.size() < 2 * kPart + 12'345; ++i) {
        bytes += std::to_string(i * 7919) + ",";
    }
    const auto done = put(lake, "large.csv", bytes, kPart);
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_TRUE(get(lake, "large.csv") == bytes);
}

TEST_F(S3, WhoMayNotWriteIsToldAndLeavesNothing) {
    const auto wrong = put(bucket("lake", "not the secret"), "forged", "x");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, ErrorCode::kInvalidArgument) << "it is not tried again";
    EXPECT_THAT(wrong.error().describe(), HasSubstr("SignatureDoesNotMatch"));
    EXPECT_THAT(wrong.error().describe(), HasSubstr("jobs.s3"));
    EXPECT_EQ(wrong.error().describe().find("not the secret"), std::string::npos);
    EXPECT_EQ(get(bucket(), "forged"), "404");
    S3Bucket stranger = bucket("lake", "not the secret");
    stranger.key.id = "AKIAUNKNOWN";
    const auto unknown = put(stranger, "forged", "x");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(unknown.error().describe(), HasSubstr("InvalidAccessKeyId"));
    EXPECT_EQ(unknown.error().describe().find("not the secret"), std::string::npos);
    const auto nowhere = put(bucket("nowhere"), "x", "x");
    ASSERT_FALSE(nowhere);
    EXPECT_THAT(nowhere.error().describe(), HasSubstr("NoSuchBucket"));
}

TEST_F(S3, AServerThatIsAwayIsTriedAgainAndThenSaid) {
    S3Bucket away = bucket();
    const auto port = freeLoopbackPort();
    ASSERT_TRUE(port);
    away.endpoint = "http://127.0.0.1:" + std::to_string(*port);
    const auto done = put(away, "x", "x");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::kUnavailable) << done.error().describe();
    // A server that does not speak TLS.
    away.endpoint = "https" + endpoint_.substr(4);
    const auto plain = put(away, "x", "x");
    ASSERT_FALSE(plain);
    EXPECT_THAT(plain.error().describe(), HasSubstr(away.endpoint));
    EXPECT_EQ(plain.error().describe().find(secret_), std::string::npos);
}

TEST_F(S3, OnlyWhereTheNodeSays) {
    std::vector<S3Bucket> buckets;
    buckets.push_back(bucket());
    buckets.back().prefix = "exports/";
    const auto place = s3Place("s3://lake/exports/a/b.csv", buckets);
    ASSERT_TRUE(place);
    EXPECT_EQ(place->key, "exports/a/b.csv");
    for (const char* to : {"s3://lake/elsewhere.csv", "s3://other/exports/x.csv", "s3://lake/", "s3://lake",
                           "s3:///x.csv", "s3://lake/exports/"}) {
        const auto refused = s3Place(to, buckets);
        ASSERT_FALSE(refused) << to;
        EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
    }
}

TEST_F(S3, AnExportIsAnObject) {
    auto postgres = TemporaryPostgres::start();
    ASSERT_TRUE(postgres) << postgres.error().describe();
    auto connection = postgres->connect();
    ASSERT_TRUE(connection);
    auto buckets = std::make_shared<std::vector<S3Bucket>>();
    buckets->push_back(bucket());
    const ExportOptions options{{}, {}, buckets, folder_.path() / "scratch"};
    ExportStep step{
        "SELECT i, 'text ' || i AS t FROM generate_series(1, 3) i", "s3://lake/day/rows.csv", ExportFormat::kCsv, {}};
    StepAttempt first = attempt();
    const auto done = runExport(*connection, first, step, options);
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_EQ(done->rows, 3);
    EXPECT_EQ(get(bucket(), "day/rows.csv"), "i,t\n1,text 1\n2,text 2\n3,text 3\n");
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path() / "scratch")) << "nothing is left here";
    step.partition_by = {"t"};
    StepAttempt second = attempt();
    const auto divided = runExport(*connection, second, step, options);
    ASSERT_FALSE(divided);
    EXPECT_THAT(divided.error().describe(), HasSubstr("one object"));
    // A query that fails leaves the object as it was.
    step.partition_by = {};
    step.query = "SELECT 1 / (2 - i) AS i, 'x' AS t FROM generate_series(1, 3) i";
    StepAttempt third = attempt();
    EXPECT_FALSE(runExport(*connection, third, step, options));
    EXPECT_THAT(get(bucket(), "day/rows.csv"), HasSubstr("text 3"));
}

}  // namespace
}  // namespace tessera::jobs

/// What strangers and signed-in people may send to a gateway to hurt it. Each attack is bounded, logged at most once,
/// and a neighbour's session does not notice: it works all the while, and none of its statements fails.

#include "nodeservice/gateway/postgres_protocol.h"
#include "tests/support/node_test.h"
#include "tests/support/raw_call.h"
#include "tests/support/raw_client.h"
#include "tests/support/tls_client.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <sstream>
#include <thread>
#include <vector>

namespace tessera {
namespace {

using gateway::MessageWriter;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string bytesOf(std::initializer_list<int> values) {
    std::string bytes;
    for (const int value : values) {
        bytes += static_cast<char>(value);
    }
    return bytes;
}

std::string message(char type, std::string_view body = {}) {
    return MessageWriter().begin(type).bytes(body).end().take();
}

std::string times(int count, const std::string& text) {
    std::string all;
    for (int i = 0; i < count; ++i) {
        all += text;
    }
    return all;
}

/// A frame of HTTP/2.
std::string frame(int type, int flags, int stream, const std::string& payload) {
    const auto size = static_cast<int>(payload.size());
    return bytesOf({size >> 16, size >> 8 & 255, size & 255, type, flags, 0, 0, stream >> 8, stream & 255}) + payload;
}

const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytesOf({0, 0, 0, 4, 0, 0, 0, 0, 0});

class HostileTest : public NodeTest {
  protected:
    static void SetUpTestSuite() {
        begun_ = Clock::now();
        startNode(
            {.yaml = "gateway: {sign_in_seconds: 10, max_waiting_per_address: 50, grpc_memory_mb: 64}" + identityYaml(),
             .listen = kTls});
    }

    void SetUp() override {
        neighbour_ = std::thread([this] { work(); });
        ASSERT_TRUE(waitUntil([this] { return statements_ > 0 || failed_; }, kPatience));
    }

    void TearDown() override {
        // It is to have worked after the attack, too.
        expectNeighbourWorks();
        leaving_ = true;
        neighbour_.join();
        EXPECT_EQ(failure_, "");
        expectRefusalsAreLoggedOnce();
        EXPECT_EQ(node_->httpGet("/readyz"), "200 ready\n");
        EXPECT_TRUE(runQuery(*node_->client(), "SELECT 1"));
    }

    void work() {
        const postgres::ConnectionHandle connection(
            PQconnectdb(("host=127.0.0.1 dbname=tessera user=tester port=" + std::to_string(node_->port()) +
                         " password='" + TemporaryNode::kPassword + "'")
                            .c_str()));
        while (!leaving_ && !failed_) {
            const postgres::ResultHandle result(PQexec(connection.get(), "SELECT 1"));
            if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) {
                failure_ = PQerrorMessage(connection.get());
                failed_ = true;
            }
            ++statements_;
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
    }

    /// In the midst of an attack.
    void expectNeighbourWorks() {
        const int before = statements_;
        EXPECT_TRUE(waitUntil([&] { return statements_ > before + 3 || failed_; }, kPatience));
    }

    /// Each kind of an address's refusals once a minute.
    static int mostLines() {
        return 1 + static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(Clock::now() - begun_).count());
    }

    static void expectLoggedOnce(const std::string& reason) {
        const std::string line = "reason=\"" + reason + "\"";
        // A client may see that its connection has ended before the log says why.
        EXPECT_TRUE(waitUntil([&] { return linesWith(line) > 0; }, kPatience)) << reason << "\n" << node_->log();
        EXPECT_LE(linesWith(line), mostLines()) << node_->log();
    }

    static void expectRefusalsAreLoggedOnce() {
        std::map<std::string, int> counts;
        std::istringstream log(node_->log());
        for (std::string line; std::getline(log, line);) {
            const std::size_t at = line.find("gateway.refused ");
            if (at != std::string::npos) {
                ++counts[line.substr(at)];
            }
        }
        for (const auto& [refusal, count] : counts) {
            EXPECT_LE(count, mostLines()) << refusal;
        }
    }

    /// A session that is signed in, in clear: what follows is the test's.
    static RawClient signedIn() {
        RawClient client(node_->port());
        MessageWriter startup;
        startup.begin(0).int32(gateway::kProtocol3).text("user").text("analyst").text("database").text("tessera");
        client.send(startup.bytes(std::string_view("\0", 1)).end().str());
        EXPECT_EQ(client.receive(), bytesOf({'R', 0, 0, 0, 8, 0, 0, 0, 3}));
        client.send(MessageWriter().begin('p').text(token()).end().str());
        receiveUntilReady(client);
        return client;
    }

    static std::string receiveUntilReady(RawClient& client) {
        const std::string ready = bytesOf({'Z', 0, 0, 0, 5});
        std::string all;
        while (all.size() < 6 || all.compare(all.size() - 6, 5, ready) != 0) {
            const std::string bytes = client.receive();
            if (bytes.empty()) {
                ADD_FAILURE() << "the session ended: " << all;
                break;
            }
            all += bytes;
        }
        return all;
    }

    /// Returns when gRPC has read all of it, or has closed.
    static void sendAndAwaitItsEnd(RawClient& client, const std::string& frames) {
        const std::string mark = "is it so";
        client.send(frames + frame(6, 0, 0, mark));
        std::string seen;
        std::string bytes;
        while (seen.find(mark) == std::string::npos && !(bytes = client.receive()).empty()) {
            seen += bytes;
        }
    }

    static std::string token() { return tokenOf("ann"); }

    static double residentMegabytes() { return memoryOf("VmRSS:"); }

    static double highestMegabytes() { return memoryOf("VmHWM:"); }

    static double memoryOf(const std::string& line) {
        std::ifstream status("/proc/" + std::to_string(node_->pid()) + "/status");
        std::string word;
        while (status >> word && word != line) {
        }
        double kilobytes = 0;
        status >> kilobytes;
        return kilobytes / 1024;
    }

    static int linesWith(const std::string& text) {
        const std::string log = node_->log();
        int lines = 0;
        for (std::size_t at = 0; (at = log.find(text, at)) != std::string::npos; at += text.size()) {
            ++lines;
        }
        return lines;
    }

  private:
    inline static Clock::time_point begun_;
    std::thread neighbour_;
    std::atomic<bool> leaving_ = false;
    std::atomic<int> statements_ = 0;
    std::atomic<bool> failed_ = false;
    // The thread's until it has ended.
    std::string failure_;
};

TEST_F(HostileTest, GarbageWithinTlsIsClosedAndLoggedOnce) {
    for (int i = 0; i < 3; ++i) {
        for (const std::string& bytes :
             {std::string("\x01\x02\x03 garbage that is long enough to be judged"), std::string("SSH-2.0-x\r\n"),
              bytesOf({0, 0, 0, 0, 0, 3, 0, 0}), bytesOf({0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0}),
              bytesOf({0x16, 3, 1, 0, 5}) + "xxxxx"}) {
            for (const char* protocol : {"", "postgresql", "h2", "http/1.1"}) {
                TlsClient client(node_->port(), protocol);
                EXPECT_EQ(client.send(bytes).receiveAll(), "") << protocol;
            }
        }
    }
    expectLoggedOnce("unknown protocol");
    // One protocol was agreed on, another is spoken: its answers could be taken for the first's.
    for (const char* protocol : {"postgresql", "h2"}) {
        EXPECT_EQ(TlsClient(node_->port(), protocol).send("GET /readyz HTTP/1.0\r\n\r\n").receiveAll(), "");
    }
    EXPECT_THAT(TlsClient(node_->port(), "http/1.1").send("GET /readyz HTTP/1.0\r\n\r\n").receiveAll(),
                HasSubstr("200 OK"));
    expectLoggedOnce("a protocol that is not served here");
}

TEST_F(HostileTest, TlsHandshakesThatDripEnd) {
    std::vector<std::unique_ptr<RawClient>> dripping;
    const std::string hello = bytesOf({0x16, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3});
    for (int i = 0; i < 30; ++i) {
        dripping.push_back(std::make_unique<RawClient>(node_->port()));
    }
    // They go on until they are told that it is over: what they send does not prolong their time.
    std::size_t byte = 0;
    EXPECT_TRUE(waitUntil(
        [&] {
            for (const auto& client : dripping) {
                client->send(byte < hello.size() ? hello.substr(byte, 1) : "x");
            }
            ++byte;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            return linesWith("reason=\"too slow: not signed in in time\"") > 0;
        },
        kPatience));
    expectNeighbourWorks();
    for (const auto& client : dripping) {
        client->receiveAll();
    }
    expectLoggedOnce("too slow: not signed in in time");
}

/// A person's own session may end of what they send, and nothing else does.
TEST_F(HostileTest, SessionsThatSpeakNonsenseEndAlone) {
    const std::string sync = message('S');
    const std::string nothing(1, '\0');
    const std::string parse = message('P', nothing + "SELECT 1" + nothing + std::string(2, '\0'));
    const std::string bind = message('B', nothing + "unknown" + nothing + std::string(6, '\0'));
    const std::string execute = message('E', nothing + std::string(4, '\0'));

    struct Case {
        const char* what;
        std::string bytes;
        const char* answer;
    };

    const std::vector<Case> survived = {
        {"Bind before its Parse", bind + execute + sync, "26000"},
        {"Execute before its Bind", execute + sync, "34000"},
        {"Parse after its Bind", bind + parse + sync, "26000"},
        {"COPY's data without a COPY", message('d', "1\n") + message('c') + message('Q', "SELECT 7" + nothing), "7"},
        {"Describe of nothing that exists", message('D', "Sx" + nothing) + sync, "26000"},
        {"Close of nothing that exists", message('C', "Px" + nothing) + sync, "3"},
        {"a thousand Syncs", times(1000, sync), "Z"},
    };
    for (const Case& one : survived) {
        RawClient client = signedIn();
        EXPECT_THAT(client.send(one.bytes + message('Q', "SELECT 'alive'" + nothing)).receive(), HasSubstr(one.answer))
            << one.what;
        client.send(message('X'));
        client.receiveAll();
    }
    const std::vector<Case> fatal = {
        {"a message of no type", message('\x01', "xxxx"), "08P01"},
        {"a password in mid-session", message('p', "secret" + nothing), "08P01"},
        // PostgreSQL takes these for a lost connection, and says nothing.
        {"a length of three", bytesOf({'Q', 0, 0, 0, 3}), ""},
        {"a length of 2 GiB", bytesOf({'Q', 0x7f, 0xff, 0xff, 0xff}), ""},
        {"a negative length", bytesOf({'Q', 0x80, 0, 0, 0}), ""},
    };
    for (const Case& one : fatal) {
        RawClient client = signedIn();
        EXPECT_THAT(client.send(one.bytes).receiveAll(), HasSubstr(one.answer)) << one.what;
    }
    // A message that does not end, and a client that has gone or only listens.
    for (const std::string& part : {parse.substr(0, 7), bytesOf({'P'}), bytesOf({'d', 0x10, 0, 0, 0}) + "x"}) {
        RawClient client = signedIn();
        client.send(part).endSending();
        client.receiveAll();
    }
    EXPECT_TRUE(waitUntil(
        [] {
            const auto others =
                runQuery(*node_->client(), "SELECT count(*) FROM pg_stat_activity WHERE usename = 'analyst'");
            return others && others->rows[0][0] == "0";
        },
        kPatience));
}

/// Clients that say they have ended, and go on listening, at each stage of a sign-in.
TEST_F(HostileTest, HalfOpenConnectionsEnd) {
    for (const std::string& bytes : {std::string(), bytesOf({0, 0, 0}), bytesOf({0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f}),
                                     bytesOf({0x16, 3, 1}), std::string("GET /"), std::string("PRI * HTTP/2.0\r\n")}) {
        for (int i = 0; i < 5; ++i) {
            RawClient client(node_->port());
            client.send(bytes).endSending();
            client.receiveAll();
        }
    }
}

TEST_F(HostileTest, FloodsOfConnectionsAreTurnedAway) {
    const double before = residentMegabytes();
    for (int round = 0; round < 4; ++round) {
        std::vector<std::unique_ptr<RawClient>> flood;
        for (int i = 0; i < 400; ++i) {
            flood.push_back(std::make_unique<RawClient>(node_->port()));
            flood.back()->send(std::vector<std::string>{"", kPreface, "GET /", bytesOf({0x16, 3, 1, 2})}[i % 4]);
        }
        expectNeighbourWorks();
    }
    expectLoggedOnce("too many connections");
    EXPECT_LT(residentMegabytes() - before, 40);
    // The places are free again.
    EXPECT_TRUE(waitUntil([] { return node_->httpGet("/readyz") == "200 ready\n"; }, kPatience));
}

/// A connection for calls on which nobody signs in is a stranger's: it is counted as one, and ends.
TEST_F(HostileTest, Http2WithoutASignedInCallEnds) {
    std::vector<std::unique_ptr<RawClient>> strangers;
    for (int i = 0; i < 60; ++i) {
        strangers.push_back(std::make_unique<RawClient>(node_->port()));
        strangers.back()->send(kPreface);
    }
    expectNeighbourWorks();
    for (const auto& client : strangers) {
        client->receiveAll();
    }
    expectLoggedOnce("HTTP/2: no call signed in in time");
    // One on which somebody has signed in stays.
    const auto client = node_->client();
    ASSERT_TRUE(runQuery(*client, "SELECT 1"));
    const auto slow = runQuery(*client, "SELECT 'stayed' FROM pg_sleep(3)");
    ASSERT_TRUE(slow) << slow.error().describe();
    EXPECT_EQ(slow->rows[0][0], "stayed");
}

/// Small blocks that stand for large headers: one entry of the compression's table, named thousands of times.
TEST_F(HostileTest, HpackBombsAreBounded) {
    const double before = residentMegabytes();
    // :method POST, :scheme http, :path /, then a literal of 4,000 bytes that is kept in the table.
    const std::string entry =
        std::string("\x83\x86\x84") + bytesOf({0x40, 1, 'a', 0x7f, 0xa0 | 1, 0x1e}) + std::string(4000, 'x');
    for (int round = 0; round < 3; ++round) {
        RawClient client(node_->port());
        std::string attack = kPreface + frame(1, 4, 1, entry);
        for (int stream = 3; stream < 100; stream += 2) {
            attack += frame(1, 0, stream, "\x83\x86\x84" + std::string(16000, '\xbe'));
            attack += frame(9, 0, stream, std::string(16000, '\xbe')) + frame(9, 4, stream, std::string(16000, '\xbe'));
        }
        sendAndAwaitItsEnd(client, attack);
    }
    EXPECT_LT(residentMegabytes() - before, 150);
    // Tables of a size that nobody asked for, numbers without end, text that says it is longer than all there is.
    for (const std::string& block : {std::string(10, '\x3f') + std::string(200, '\xff'), std::string(300, '\xff'),
                                     bytesOf({0x40, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x07}), bytesOf({0x80}),
                                     "\x83\x86\x84" + bytesOf({0xff, 0xff, 0xff, 0x7f})}) {
        RawClient client(node_->port());
        sendAndAwaitItsEnd(client, kPreface + frame(1, 4, 1, block));
    }
    EXPECT_LT(residentMegabytes() - before, 150);
}

/// What is small on its way and large when it is unpacked is not unpacked; what is large is not read.
TEST_F(HostileTest, LargeGrpcMessagesAreBounded) {
    const auto ask = [](const std::string& make_body, const std::vector<std::string>& more) {
        const std::string file = (node_->folder() / "message").string();
        // A frame of gRPC: whether it is compressed, how long it is.
        const auto made = runChecked({.arguments = {"/usr/bin/python3", "-c",
                                                    "import gzip, sys\nbody, packed = " + make_body +
                                                        "\nopen(sys.argv[1], 'wb').write(bytes([packed]) + "
                                                        "len(body).to_bytes(4, 'big') + body)",
                                                    file}},
                                     kPatience);
        EXPECT_TRUE(made) << made.error().describe();
        std::vector<std::string> arguments = {
            "curl",
            "-sS",
            "-i",
            "--http2-prior-knowledge",
            "-H",
            "Content-Type: application/grpc",
            "-H",
            "TE: trailers",
            "--data-binary",
            "@" + file,
            "http://127.0.0.1:" + std::to_string(node_->port()) + "/tessera.v1.Catalog/ListTables"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        // Where the server ends the call first, curl calls that an error.
        const auto answer = run({.arguments = arguments}, kPatience);
        EXPECT_TRUE(answer);
        return answer ? answer->output : std::string();
    };
    const double before = highestMegabytes();
    const std::string bomb = "(gzip.compress(bytes(256 << 20), 1), 1)";
    // Who is refused before all is sent may hear no more than that.
    const auto refused = AnyOf(IsEmpty(), HasSubstr("grpc-status: 12"), HasSubstr("grpc-status: 13"));
    for (const char* encoding : {"gzip", "deflate", "identity"}) {
        EXPECT_THAT(ask(bomb, {"-H", std::string("grpc-encoding: ") + encoding}), refused) << encoding;
    }
    EXPECT_THAT(ask(bomb, {}), refused);
    EXPECT_THAT(ask("(bytes(40 << 20), 0)", {}), AnyOf(IsEmpty(), HasSubstr("grpc-status: 8")));
    EXPECT_LT(highestMegabytes() - before, 100);
}

/// Each may be large, and each connection may have many: together they take what they may.
TEST_F(HostileTest, ManyLargeGrpcMessagesTogetherAreBounded) {
    constexpr int kConnections = 8;
    constexpr int kCalls = 8;
    const std::string method = "tessera.v1.Catalog/ListSchemas";
    const std::string large(std::size_t{24} << 20, '\0');
    std::vector<std::unique_ptr<RawCaller>> callers;
    for (int connection = 0; connection < kConnections; ++connection) {
        callers.push_back(std::make_unique<RawCaller>(node_->port()));
        // Somebody has signed in on each: it is no stranger's, which would soon end.
        ASSERT_EQ(callers.back()->start(method, {}, token(), kPatience).get().message, "");
    }
    const double before = highestMegabytes();
    std::vector<std::future<RawCaller::Outcome>> outcomes;
    for (int i = 0; i < kConnections * kCalls; ++i) {
        RawCaller& caller = *callers[static_cast<std::size_t>(i % kConnections)];
        outcomes.push_back(caller.start(method, large, token(), kPatience));
    }
    expectNeighbourWorks();
    for (auto& outcome : outcomes) {
        EXPECT_NE(outcome.get().status, 0);
    }
    // Without the bound it was 540 MB, and 1.5 GB if all came at once; beside it there is what has come whole and is
    // looked at.
    EXPECT_LT(highestMegabytes() - before, 250);
}

TEST_F(HostileTest, RequestsThatDripEnd) {
    RawClient head(node_->port());
    RawClient body(node_->port());
    head.send("POST /api/v1/query HTTP/1.1\r\nHost: x\r\nX-A: ");
    body.send("POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
    std::atomic<bool> ended = false;
    std::thread drip([&] {
        while (!ended) {
            head.send("x");
            body.send(" ");
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
        }
    });
    expectNeighbourWorks();
    // Closed by the server, however busily they go on.
    head.receiveAll();
    body.receiveAll();
    ended = true;
    drip.join();
    expectLoggedOnce("HTTP: too slow: no request in time");
}

/// Speaks TLS to both sides, with a certificate of its own to the client. `strip`: does as if the node could not bind a
/// sign-in to its certificate.
constexpr const char* kManInTheMiddle = R"(
import socket, ssl, struct, sys, threading
port, certificate, key, strip = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4] == 'strip'
listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)
client, _ = listener.accept()
client.recv(8)
client.sendall(b'S')
own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
own.load_cert_chain(certificate, key)
client = own.wrap_socket(client, server_side=True)
server = socket.create_connection(('127.0.0.1', port))
server.sendall(struct.pack('>II', 8, 80877103))
assert server.recv(1) == b'S'
server = ssl._create_unverified_context().wrap_socket(server)
def pump(source, target):
    try:
        while data := source.recv(65536):
            if strip and b'SCRAM-SHA-256-PLUS' in data:
                offer = b'SCRAM-SHA-256\0\0'
                data = b'R' + struct.pack('>II', 8 + len(offer), 10) + offer
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
there = threading.Thread(target=pump, args=(client, server))
there.start()
pump(server, client)
there.join()
)";

/// Who trusts any certificate gets no session through somebody else's, whether the binding is passed on or hidden.
TEST_F(HostileTest, AManInTheMiddleGetsNoSession) {
    makeCertificate("stranger", "/CN=localhost");
    for (const auto& [mode, reason] : {std::pair("pass", "the sign-in belongs to another TLS connection"),
                                       std::pair("strip", "the list of sign-in mechanisms was changed on its way")}) {
        auto middle =
            Process::start({.arguments = {"/usr/bin/python3", "-c", kManInTheMiddle, std::to_string(node_->port()),
                                          path("stranger.pem").string(), path("stranger.key").string(), mode},
                            .standard_output = ProcessOutput::capture(),
                            .signal_on_parent_death = SIGTERM});
        ASSERT_TRUE(middle) << middle.error().describe();
        ASSERT_TRUE(waitUntil([&] { return middle->capturedOutput().ends_with('\n'); }, kPatience));
        const std::string port = std::to_string(std::stoi(middle->capturedOutput()));
        const postgres::ConnectionHandle opened(
            PQconnectdb(("host=127.0.0.1 dbname=tessera user=tester sslmode=require port=" + port + " password='" +
                         TemporaryNode::kPassword + "'")
                            .c_str()));
        EXPECT_EQ(PQstatus(opened.get()), CONNECTION_BAD);
        expectLoggedOnce(std::string("sign-in as 'tester': ") + reason);
        ASSERT_TRUE(middle->wait(kPatience));
    }
}

/// Whoever asks for a challenge and never answers it loses the place, which the next one gets.
TEST_F(HostileTest, ChallengesThatNobodyAnswersEnd) {
    MessageWriter startup;
    startup.begin(0)
        .int32(gateway::kProtocol3)
        .text("user")
        .text(TemporaryNode::kUser)
        .text("database")
        .text("tessera");
    const std::string asking = startup.bytes(std::string_view("\0", 1)).end().take();
    const std::string_view first = "n,,n=,r=rOprNGfwEbeRWgbNEkqO";
    const std::string answer = MessageWriter()
                                   .begin('p')
                                   .text("SCRAM-SHA-256")
                                   .int32(static_cast<std::uint32_t>(first.size()))
                                   .bytes(first)
                                   .end()
                                   .take();
    for (int round = 0; round < 2; ++round) {
        std::vector<std::unique_ptr<RawClient>> waiting;
        for (int i = 0; i < 45; ++i) {
            waiting.push_back(std::make_unique<RawClient>(node_->port()));
            EXPECT_THAT(waiting.back()->send(asking).receive(), AllOf(StartsWith("R"), HasSubstr("SCRAM-SHA-256")));
            EXPECT_THAT(waiting.back()->send(answer).receive(),
                        AllOf(StartsWith("R"), HasSubstr("r=rOprNGfwEbeRWgbNEkqO")))
                << "round " << round << ", client " << i;
        }
        expectNeighbourWorks();
        for (const auto& client : waiting) {
            client->receiveAll();
        }
    }
    expectLoggedOnce("too slow: not signed in in time");
}

TEST_F(HostileTest, GuessedCancelKeysCancelNothing) {
    RawClient client = signedIn();
    client.send(message('Q', std::string("SELECT pg_backend_pid(), pg_sleep(4)") + '\0'));
    std::vector<std::unique_ptr<RawClient>> guesses;
    for (int i = 0; i < 300; ++i) {
        const auto pid = static_cast<std::uint32_t>(node_->postmasterPid() + i % 100);
        guesses.push_back(std::make_unique<RawClient>(node_->port()));
        guesses.back()->send(MessageWriter()
                                 .begin(0)
                                 .int32(gateway::kCancelRequest)
                                 .int32(pid)
                                 .int32(static_cast<std::uint32_t>(i))
                                 .end()
                                 .str());
    }
    expectNeighbourWorks();
    EXPECT_THAT(receiveUntilReady(client), AllOf(HasSubstr("SELECT 1"), Not(HasSubstr("57014"))));
    expectLoggedOnce("a cancel key that nobody has");
}

/// Each of these is refused for its own reason in token_verifier_test.cpp; here they come by each protocol.
TEST_F(HostileTest, BadTokensOpenNothingByAnyProtocol) {
    const auto now = std::time(nullptr);
    const SigningKey mine = SigningKey::p256("k1");
    const nlohmann::json good = {
        {"iss", "https://login.example.org"}, {"aud", "node"}, {"sub", "ann"}, {"exp", now + 300}, {"iat", now}};
    const auto with = [&](const char* name, const nlohmann::json& value) {
        nlohmann::json claims = good;
        claims[name] = value;
        return makeToken(claims, *key_, "ES256");
    };
    const std::vector<std::string> bad = {
        makeToken(good, mine, "ES256"),
        makeToken({{"alg", "ES256"}, {"kid", "k1"}, {"jwk", mine.jwk()}}, good, mine, "ES256"),
        makeToken({{"alg", "none"}, {"kid", "k1"}}, good, *key_, "ES256"),
        makeToken({{"alg", "HS256"}, {"kid", "k1"}}, good, *key_, "ES256"),
        makeToken({{"alg", "ES256"}, {"kid", "../../keys.json"}}, good, *key_, "ES256"),
        makeToken({{"alg", "ES256"}, {"kid", "k1"}, {"crit", {"exp"}}}, good, *key_, "ES256"),
        makeTokenOfTexts(R"({"alg":"ES256","kid":"k1"})", R"({"sub":"eve",)" + good.dump().substr(1), *key_, "ES256"),
        with("exp", now - 3600),
        with("nbf", now + 3600),
        with("aud", "another"),
        with("iss", "https://login.example.org/"),
        with("x", std::string(20000, 'x')),
    };
    for (const std::string& token : bad) {
        const postgres::ConnectionHandle opened(PQconnectdb(
            ("host=127.0.0.1 dbname=tessera user=analyst sslmode=require port=" + std::to_string(node_->port()) +
             " password='" + token + "'")
                .c_str()));
        EXPECT_EQ(PQstatus(opened.get()), CONNECTION_BAD);
        EXPECT_THAT(PQerrorMessage(opened.get()), Not(HasSubstr("expired")));
        const std::string answer = RawClient(node_->port())
                                       .send("GET /api/v1/node HTTP/1.0\r\nAuthorization: Bearer " + token + "\r\n\r\n")
                                       .receiveAll();
        EXPECT_THAT(answer, Not(HasSubstr("200 OK")));
        EXPECT_FALSE(runQuery(*node_->clientWithToken(token), "SELECT 1"));
    }
    // Whoever guessed so often is sent away for a while: so that the next test finds the door open.
    EXPECT_TRUE(waitUntil([] { return runQuery(*node_->client(), "SELECT 1").has_value(); }, kPatience));
}

}  // namespace
}  // namespace tessera

#include "nodeservice/identity/token/key_fetch.h"

#include "common/handle.h"
#include "common/net.h"
#include "common/process.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace tessera::identity {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

/// Answers one request with these bytes, whatever is asked.
class OneAnswer {
  public:
    explicit OneAnswer(std::string answer) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(socket_.get(), 1), 0);
        EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this, text = std::move(answer)] {
            const FileDescriptor client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            char request[4096];
            (void)::recv(client.get(), request, sizeof request, 0);
            for (std::size_t sent = 0; sent < text.size();) {
                const ssize_t more = ::send(client.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
                if (more <= 0) {
                    break;
                }
                sent += static_cast<std::size_t>(more);
            }
        });
    }

    ~OneAnswer() {
        ::shutdown(socket_.get(), SHUT_RDWR);
        thread_.join();
    }

    Result<KeyDocument> fetch() const {
        auto made = fetchFromUrl("http://127.0.0.1:" + std::to_string(port_) + "/keys", {});
        EXPECT_TRUE(made);
        return (*made)();
    }

  private:
    FileDescriptor socket_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

TEST(KeyFetch, GetsWhatAUrlAnswers) {
    const OneAnswer server(
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nCache-Control: public, max-age=900\r\n\r\n{\"keys\":[]}");
    const auto document = server.fetch();
    ASSERT_TRUE(document) << document.error().describe();
    EXPECT_EQ(document->text, "{\"keys\":[]}");
    EXPECT_EQ(document->fresh_for, seconds(900));
}

TEST(KeyFetch, FollowsNothingAndTakesNoErrorPage) {
    for (const char* status : {"302 Found\r\nLocation: http://127.0.0.1:1/", "500 No", "404 No", "204 None"}) {
        const OneAnswer server(std::string("HTTP/1.1 ") + status + "\r\nContent-Length: 0\r\n\r\n");
        const auto document = server.fetch();
        ASSERT_FALSE(document) << status;
        EXPECT_EQ(document.error().code, ErrorCode::kUnavailable);
        EXPECT_THAT(document.error().message, HasSubstr("answers with status"));
    }
}

TEST(KeyFetch, IsBounded) {
    const OneAnswer server("HTTP/1.1 200 OK\r\n\r\n" + std::string(kMostKeySetBytes + 1, ' '));
    EXPECT_FALSE(server.fetch());
    const OneAnswer garbage("nonsense");
    EXPECT_FALSE(garbage.fetch());
    const auto port = freeLoopbackPort();
    ASSERT_TRUE(port);
    EXPECT_FALSE((*fetchFromUrl("http://127.0.0.1:" + std::to_string(*port) + "/", {}))());
}

TEST(KeyFetch, ReadsAFile) {
    const std::filesystem::path file =
        std::filesystem::path(testing::TempDir()) / ("key_fetch_test." + std::to_string(::getpid()));
    EXPECT_FALSE(fetchFromFile(file)());
    std::ofstream(file) << "{}";
    const auto document = fetchFromFile(file)();
    std::filesystem::remove(file);
    ASSERT_TRUE(document);
    EXPECT_EQ(document->text, "{}");
}

}  // namespace
}  // namespace tessera::identity

#include "nodeservice/gateway/channel.h"

#include "nodeservice/identity/scram.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tessera::gateway {

namespace asio = boost::asio;

namespace {

// Start-up packets and requests fit; what follows them is not read ahead by much.
constexpr std::size_t kFillBytes = 4096;

int familyOf(int descriptor) {
    int family = AF_UNSPEC;
    socklen_t size = sizeof family;
    ::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size);
    return family;
}

}  // namespace

Channel::Channel(asio::io_context& loop, FileDescriptor socket) : socket_(loop), descriptor_(socket.get()) {
    boost::system::error_code error;
    socket_.assign(asio::generic::stream_protocol(familyOf(descriptor_), 0), descriptor_, error);
    if (!error) {
        (void)socket.release();
    }
    socket_.non_blocking(true, error);
}

Task<bool> Channel::acceptTls(const std::shared_ptr<const TlsContext>& context) {
    if (!buffered().empty()) {
        co_return false;
    }
    context_ = context;
    ssl_.reset(SSL_new(context_->get()));
    const bool done = co_await handshake(SSL_accept);
    co_return done;
}

Task<bool> Channel::connectTls(const std::shared_ptr<const TlsContext>& context, const std::string& host) {
    if (!buffered().empty()) {
        co_return false;
    }
    context_ = context;
    ssl_.reset(SSL_new(context_->get()));
    X509_VERIFY_PARAM* expected = SSL_get0_param(ssl_.get());
    // An address is checked against the certificate's addresses, a name against its names.
    if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) != 1) {
        X509_VERIFY_PARAM_set1_host(expected, host.c_str(), host.size());
        SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
    }
    const bool done = co_await handshake(SSL_connect);
    co_return done;
}

Task<bool> Channel::handshake(int (*step)(SSL*)) {
    SSL_set_fd(ssl_.get(), descriptor());
    int error = SSL_ERROR_WANT_READ;
    while (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        ERR_clear_error();
        error = SSL_get_error(ssl_.get(), step(ssl_.get()));
        if (error == SSL_ERROR_WANT_READ) {
            co_await waitReadable();
        } else if (error == SSL_ERROR_WANT_WRITE) {
            co_await waitWritable();
        }
    }
    ERR_clear_error();
    co_return error == SSL_ERROR_NONE;
}

std::string_view Channel::applicationProtocol() const {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    if (ssl_) {
        SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    }
    return {reinterpret_cast<const char*>(name), size};
}

std::string Channel::certificateSubject() const {
    X509* certificate = ssl_ ? SSL_get0_peer_certificate(ssl_.get()) : nullptr;
    if (certificate == nullptr || SSL_get_verify_result(ssl_.get()) != X509_V_OK) {
        return {};
    }
    const Handle<BIO, BIO_free_all> text(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    char* data = nullptr;
    const long size = BIO_get_mem_data(text.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

Task<bool> Channel::needMore() {
    char bytes[kFillBytes];
    while (true) {
        const std::ptrdiff_t got = readSocket(bytes, sizeof bytes);
        if (got > 0) {
            buffer_.append(bytes, static_cast<std::size_t>(got));
        }
        if (got != kWouldBlock) {
            co_return got > 0;
        }
        co_await waitReadable();
    }
}

Task<bool> Channel::need(std::size_t bytes) {
    bool more = true;
    while (more && buffered().size() < bytes) {
        more = co_await needMore();
    }
    co_return more;
}

void Channel::consume(std::size_t bytes) {
    taken_ += bytes;
    if (taken_ >= buffer_.size()) {
        // Given back, too: the handshake's packets are the largest that are ever kept here.
        buffer_ = {};
        taken_ = 0;
    }
}

int Channel::peekByte() const {
    unsigned char byte = 0;
    const ssize_t got = ::recv(descriptor(), &byte, 1, MSG_PEEK);
    if (got == 1) {
        return byte;
    }
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? -1 : -2;
}

std::ptrdiff_t Channel::tryRead(char* into, std::size_t most) {
    if (!buffered().empty()) {
        const std::string_view bytes = buffered().substr(0, most);
        std::memcpy(into, bytes.data(), bytes.size());
        consume(bytes.size());
        return static_cast<std::ptrdiff_t>(bytes.size());
    }
    return readSocket(into, most);
}

bool Channel::isDrained(std::ptrdiff_t got, std::size_t most) const {
    // TLS gives a record at a time: a small one is seldom followed by others.
    constexpr std::size_t kSmallRecord = 4096;
    const auto bytes = static_cast<std::size_t>(got);
    return got > 0 && buffered().empty() && bytes < (ssl_ ? kSmallRecord : most) &&
           !(ssl_ && SSL_has_pending(ssl_.get()) == 1);
}

std::ptrdiff_t Channel::readSocket(char* into, std::size_t most) {
    if (!ssl_) {
        const ssize_t got = ::recv(descriptor(), into, most, 0);
        return got >= 0 ? got : errno == EAGAIN || errno == EINTR ? kWouldBlock : 0;
    }
    ERR_clear_error();
    const int got = SSL_read(ssl_.get(), into, static_cast<int>(most));
    if (got > 0) {
        return got;
    }
    const int error = SSL_get_error(ssl_.get(), got);
    ERR_clear_error();
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? kWouldBlock : 0;
}

std::ptrdiff_t Channel::tryWrite(std::string_view bytes) {
    if (!ssl_) {
        const ssize_t sent = ::send(descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return sent >= 0 ? sent : errno == EAGAIN || errno == EINTR ? kWouldBlock : 0;
    }
    ERR_clear_error();
    const int sent = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (sent > 0) {
        return sent;
    }
    const int error = SSL_get_error(ssl_.get(), sent);
    ERR_clear_error();
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? kWouldBlock : 0;
}

Task<bool> Channel::write(std::string_view bytes) {
    std::string rest;
    while (!bytes.empty()) {
        const std::ptrdiff_t sent = tryWrite(bytes);
        if (sent == 0) {
            co_return false;
        }
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
            continue;
        }
        if (rest.empty()) {
            rest = bytes;
            bytes = rest;
        }
        co_await waitWritable();
    }
    co_return true;
}

Task<> Channel::waitReadable() {
    boost::system::error_code error;
    co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(asio::use_awaitable, error));
}

Task<> Channel::waitWritable() {
    boost::system::error_code error;
    co_await socket_.async_wait(Socket::wait_write, asio::redirect_error(asio::use_awaitable, error));
}

void Channel::wake() {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void Channel::endWriting() {
    if (ssl_) {
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
        ERR_clear_error();
    }
    ::shutdown(descriptor(), SHUT_WR);
}

void Channel::shutdown() {
    ::shutdown(descriptor(), SHUT_RDWR);
}

FileDescriptor Channel::release() {
    boost::system::error_code error;
    const int socket = socket_.release(error);
    descriptor_ = -1;
    return FileDescriptor(error ? -1 : socket);
}

namespace {

struct AbstractName {
    sockaddr_un address{};
    socklen_t size = sizeof(sa_family_t);

    AbstractName() { address.sun_family = AF_UNIX; }

    explicit AbstractName(const std::string& name) : AbstractName() {
        const std::size_t length = std::min(name.size(), sizeof address.sun_path - 1);
        std::memcpy(address.sun_path + 1, name.data(), length);
        size += static_cast<socklen_t>(1 + length);
    }

    sockaddr* get() { return reinterpret_cast<sockaddr*>(&address); }

    bool operator==(const AbstractName& other) const {
        return size == other.size && std::memcmp(&address, &other.address, size) == 0;
    }
};

std::string hexOf(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        text += kDigits[static_cast<unsigned char>(byte) >> 4];
        text += kDigits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

}  // namespace

Result<NamedSocketPair> namedSocketPair(std::string_view label) {
    constexpr int kFlags = SOCK_STREAM | SOCK_CLOEXEC;
    constexpr std::size_t kRandomBytes = 16;
    constexpr int kStrangers = 16;
    std::string text = "tessera-" + hexOf(identity::randomBytes(kRandomBytes)) + "-" + hexOf(label);
    AbstractName name(text);
    AbstractName meeting;
    const FileDescriptor listener(::socket(AF_UNIX, kFlags, 0));
    FileDescriptor client(::socket(AF_UNIX, kFlags | SOCK_NONBLOCK, 0));
    socklen_t size = sizeof meeting.address;
    if (!listener || !client || ::bind(listener.get(), meeting.get(), meeting.size) != 0 ||
        ::getsockname(listener.get(), meeting.get(), &size) != 0 || ::listen(listener.get(), kStrangers) != 0 ||
        ::bind(client.get(), name.get(), name.size) != 0 || ::connect(client.get(), meeting.get(), size) != 0) {
        return fail(ErrorCode::kResourceExhausted, std::string("cannot make a socket pair: ") + std::strerror(errno));
    }
    // Whoever else of this machine happened to connect is not who we wait for.
    for (int i = 0; i <= kStrangers; ++i) {
        AbstractName peer;
        peer.size = sizeof peer.address;
        FileDescriptor server(::accept4(listener.get(), peer.get(), &peer.size, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (server && peer == name) {
            return NamedSocketPair{std::move(server), std::move(client), std::move(text)};
        }
    }
    return fail(ErrorCode::kUnavailable, "cannot make a socket pair: others are in the way");
}

Result<std::pair<FileDescriptor, FileDescriptor>> socketPair() {
    int sockets[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets) != 0) {
        return fail(ErrorCode::kResourceExhausted, std::string("cannot make a socket pair: ") + std::strerror(errno));
    }
    return std::pair{FileDescriptor(sockets[0]), FileDescriptor(sockets[1])};
}

}  // namespace tessera::gateway

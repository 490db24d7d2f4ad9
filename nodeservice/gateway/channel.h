#pragma once

/// One end of a byte stream, in clear or within TLS, for coroutines of one event loop. Reads and writes wait on their
/// socket only, so that an idle channel costs no buffer.
///
/// Belongs to the thread of its loop. One coroutine may read while another writes.

#include "common/process.h"
#include "nodeservice/gateway/task.h"
#include "nodeservice/gateway/tls_context.h"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tessera::gateway {

class Channel {
  public:
    Channel(boost::asio::io_context& loop, FileDescriptor socket);

    /// The server's side of a handshake. What was read before it in clear must be none.
    Task<bool> acceptTls(const std::shared_ptr<const TlsContext>& context);

    /// The client's side: the server's certificate must be `host`'s, by an authority that the context trusts.
    Task<bool> connectTls(const std::shared_ptr<const TlsContext>& context, const std::string& host);

    bool isEncrypted() const { return ssl_ != nullptr; }

    /// See TlsContext::stillTrusts(); yes in clear.
    bool isTrustedBy(const TlsContext& context) const { return !ssl_ || context.stillTrusts(ssl_.get()); }

    const TlsContext* tls() const { return context_.get(); }

    /// What the client chose, or empty.
    std::string_view applicationProtocol() const;
    /// Of the client's verified certificate, or empty.
    std::string certificateSubject() const;

    /// Reads until so many bytes are buffered; false when the stream ends before.
    Task<bool> need(std::size_t bytes);
    /// Reads whatever comes next into the buffer; false at the stream's end.
    Task<bool> needMore();

    std::string_view buffered() const { return std::string_view(buffer_).substr(taken_); }

    void consume(std::size_t bytes);

    /// The first byte that waits to be read in clear, without taking it; -1 when there is none, -2 at the end.
    int peekByte() const;

    static constexpr std::ptrdiff_t kWouldBlock = -1;
    /// Buffered bytes first. 0 at the end and on failure.
    std::ptrdiff_t tryRead(char* into, std::size_t most);
    /// After a read that got so many of so many bytes: is there nothing more as far as one knows? Waiting is then
    /// cheaper than asking; in doubt no.
    bool isDrained(std::ptrdiff_t got, std::size_t most) const;
    Task<> waitReadable();
    /// Whoever waits goes on at once, as if there were something to read.
    void wake();

    /// All of it; false when the stream is broken. The bytes need to live only until the first wait.
    Task<bool> write(std::string_view bytes);
    /// What goes without waiting; 0 when the stream is broken. Not while a write() is under way.
    std::ptrdiff_t tryWrite(std::string_view bytes);

    /// No more bytes will be written; the other side sees the end.
    void endWriting();
    /// Ends everything: waiting coroutines see the end.
    void shutdown();

    int descriptor() const { return descriptor_; }

    /// The socket itself, for another owner; only in clear and with nothing buffered.
    FileDescriptor release();

  private:
    using Socket = boost::asio::generic::stream_protocol::socket;

    Task<bool> handshake(int (*step)(SSL*));
    std::ptrdiff_t readSocket(char* into, std::size_t most);
    Task<> waitWritable();

    Socket socket_;
    int descriptor_;
    std::shared_ptr<const TlsContext> context_;
    Handle<SSL, SSL_free> ssl_;
    std::string buffer_;
    std::size_t taken_ = 0;
};

/// A socket pair: one end for a server that knows sockets only, the other, which has a name, for a channel here.
struct NamedSocketPair {
    FileDescriptor server;
    FileDescriptor client;
    std::string name;
};

/// The server sees its peer as "\0tessera-RANDOM-HEX", HEX being the label's bytes: so it learns whose connection it
/// has. The name is without the zero. Non-blocking.
Result<NamedSocketPair> namedSocketPair(std::string_view label);

/// A socket pair: one end for a channel here, the other for a server that wants a socket. Non-blocking.
Result<std::pair<FileDescriptor, FileDescriptor>> socketPair();

}  // namespace tessera::gateway

#include "nodeservice/rest/gzip.h"

#include <zlib.h>

#include <array>

namespace tessera::rest {

namespace {

// Answers are made while somebody waits: the least work that compresses tables well.
constexpr int kLevel = 1;
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemory = 8;

}  // namespace

struct Gzip::Stream {
    z_stream z{};
};

Gzip::Gzip() : stream_(std::make_unique<Stream>()) {
    deflateInit2(&stream_->z, kLevel, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY);
}

Gzip::~Gzip() {
    deflateEnd(&stream_->z);
}

std::string Gzip::add(std::string_view bytes) {
    return deflate(bytes, Z_SYNC_FLUSH);
}

std::string Gzip::finish() {
    return deflate({}, Z_FINISH);
}

std::string Gzip::deflate(std::string_view bytes, int flush) {
    std::array<char, 1 << 14> buffer;
    std::string out;
    z_stream& z = stream_->z;
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    z.avail_in = static_cast<uInt>(bytes.size());
    do {
        z.next_out = reinterpret_cast<Bytef*>(buffer.data());
        z.avail_out = static_cast<uInt>(buffer.size());
        ::deflate(&z, flush);
        out.append(buffer.data(), buffer.size() - z.avail_out);
    } while (z.avail_out == 0);
    return out;
}

}  // namespace tessera::rest

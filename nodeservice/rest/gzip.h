#pragma once

/// Compresses an answer as it is made (RFC 1952). One answer's.

#include <memory>
#include <string>
#include <string_view>

namespace tessera::rest {

class Gzip {
  public:
    Gzip();
    ~Gzip();

    /// What of the output can be sent now; the reader gets all that was put in so far.
    std::string add(std::string_view bytes);
    /// The rest.
    std::string finish();

  private:
    struct Stream;

    std::string deflate(std::string_view bytes, int flush);

    std::unique_ptr<Stream> stream_;
};

}  // namespace tessera::rest

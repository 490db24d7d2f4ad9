#include "common/secret.h"

#include <cstring>

namespace tessera {

void Secret::wipe() noexcept {
    // The whole capacity: what an earlier, longer value left behind goes as well.
    text_.resize(text_.capacity());
    explicit_bzero(text_.data(), text_.size());
    text_.clear();
}

}  // namespace tessera

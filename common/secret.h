#pragma once

/// A password or key in memory: zeroed when it goes, never printable, copied only on purpose. Own one like a value; any
/// thread may, one at a time. reveal() is the only way in: search for it to find every use of a secret.

#include <string>
#include <string_view>

namespace tessera {

class Secret {
  public:
    Secret() = default;

    explicit Secret(std::string_view text) : text_(text) {}

    ~Secret() { wipe(); }

    Secret(Secret&& other) noexcept : text_(other.text_) { other.wipe(); }

    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            wipe();
            text_ = other.text_;
            other.wipe();
        }
        return *this;
    }

    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;

    Secret copy() const { return Secret(text_); }

    bool empty() const { return text_.empty(); }

    /// NUL-terminated; lives as long as the secret does and is not moved.
    const std::string& reveal() const { return text_; }

  private:
    void wipe() noexcept;

    // Moves copy and wipe: a moved short string would leave its bytes behind in the small-string buffer.
    std::string text_;
};

}  // namespace tessera

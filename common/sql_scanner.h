#pragma once

/// Where quotations and comments of PostgreSQL's SQL begin and end: for texts that have names of their own in SQL,
/// which must mean nothing within quotes. Pure; one thread.

#include <cstddef>
#include <string_view>

namespace tessera {

class SqlScanner {
  public:
    /// The text outlives it.
    explicit SqlScanner(std::string_view sql) : sql_(sql) {}

    /// Goes on to `position`, which must not be behind; true: a quotation or comment goes on there.
    bool isQuotedAt(std::size_t position) {
        while (at_ < position) {
            at_ = afterToken();
        }
        return at_ > position;
    }

  private:
    bool isHere(std::string_view text) const { return sql_.substr(at_, text.size()) == text; }

    std::size_t after(std::string_view end, std::size_t from) const;
    std::size_t afterQuote(char quote, bool has_backslashes) const;
    std::size_t afterComment() const;
    std::size_t afterDollar() const;
    std::size_t afterToken() const;

    std::string_view sql_;
    std::size_t at_ = 0;
};

}  // namespace tessera

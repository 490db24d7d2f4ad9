#include "common/store_link.h"

#include <bit>
#include <type_traits>
#include <utility>

namespace tessera::store_link {

namespace {

constexpr std::string_view kFormat = "tessera-store 1\n";

/// Little-endian numbers, and texts with their length before them.
class Writer {
  public:
    Writer() : bytes_(kFormat) {}

    void number(std::uint64_t value) {
        for (unsigned i = 0; i < 8; ++i) {
            bytes_ += static_cast<char>(value >> (8 * i));
        }
    }

    void text(std::string_view value) {
        number(value.size());
        bytes_ += value;
    }

    void value(const Value& value) {
        number(value.index());
        std::visit(
            [this](const auto& held) {
                using T = std::decay_t<decltype(held)>;
                if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, double>) {
                    number(std::bit_cast<std::uint64_t>(held));
                } else if constexpr (std::is_same_v<T, std::string>) {
                    text(held);
                } else if constexpr (std::is_same_v<T, Bytes>) {
                    text(held.bytes);
                }
            },
            value);
    }

    std::string take() { return std::move(bytes_); }

  private:
    std::string bytes_;
};

/// What is missing reads as nothing, and makes it bad.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes), is_good_(bytes.starts_with(kFormat)) {
        rest_.remove_prefix(is_good_ ? kFormat.size() : rest_.size());
    }

    bool isGood() const { return is_good_; }

    bool isDone() const { return is_good_ && rest_.empty(); }

    std::uint64_t number() {
        const std::string_view bytes = take(8);
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
        }
        return value;
    }

    std::string text() { return std::string(take(number())); }

    Value value() {
        switch (number()) {
            case 0:
                return std::monostate();
            case 1:
                return std::bit_cast<std::int64_t>(number());
            case 2:
                return std::bit_cast<double>(number());
            case 3:
                return text();
            case 4:
                return Bytes{text()};
            default:
                is_good_ = false;
                return std::monostate();
        }
    }

    template <class E>
    E choice(E last) {
        const std::uint64_t value = number();
        is_good_ = is_good_ && value <= static_cast<std::uint64_t>(last);
        return is_good_ ? static_cast<E>(value) : E();
    }

  private:
    std::string_view take(std::uint64_t count) {
        if (count > rest_.size()) {
            is_good_ = false;
            rest_ = {};
            return {};
        }
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }

    std::string_view rest_;
    bool is_good_;
};

}  // namespace

std::string Request::encode() const {
    Writer out;
    out.number(static_cast<std::uint64_t>(kind));
    out.text(role);
    out.number(timeout_ms);
    out.number(static_cast<std::uint64_t>(consistency));
    out.number(max_age_ms);
    out.number(statements.size());
    for (const Statement& statement : statements) {
        out.text(statement.sql);
        out.number(statement.parameters.size());
        for (const Value& value : statement.parameters) {
            out.value(value);
        }
    }
    return out.take();
}

Result<Request> Request::decode(std::string_view bytes) {
    Reader in(bytes);
    Request request;
    request.kind = in.choice(Kind::kWrite);
    request.role = in.text();
    request.timeout_ms = static_cast<std::uint32_t>(in.number());
    request.consistency = in.choice(Consistency::kFreshness);
    request.max_age_ms = static_cast<std::uint32_t>(in.number());
    // A number of things that the bytes can't hold is never believed: each is read before room is made for the next.
    for (std::uint64_t left = in.number(); left > 0 && in.isGood(); --left) {
        Statement& statement = request.statements.emplace_back();
        statement.sql = in.text();
        for (std::uint64_t values = in.number(); values > 0 && in.isGood(); --values) {
            statement.parameters.push_back(in.value());
        }
    }
    return in.isDone() ? Result<Request>(std::move(request))
                       : fail(ErrorCode::kInvalidArgument, "what was sent is no request to the store");
}

std::string Answer::encode() const {
    Writer out;
    for (const std::string* text : {&sqlstate, &message, &hint, &file}) {
        out.text(*text);
    }
    out.number(index);
    return out.take();
}

Result<Answer> Answer::decode(std::string_view bytes) {
    Reader in(bytes);
    Answer answer;
    for (std::string* text : {&answer.sqlstate, &answer.message, &answer.hint, &answer.file}) {
        *text = in.text();
    }
    answer.index = in.number();
    return in.isDone() ? Result<Answer>(std::move(answer))
                       : fail(ErrorCode::kInvalidArgument, "what the node sent is no answer of the store");
}

}  // namespace tessera::store_link

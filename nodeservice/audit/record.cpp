#include "nodeservice/audit/record.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace tessera::audit {

namespace {

constexpr std::string_view kMark = "tessera-audit 2 ";

/// The text up to the next blank; takes both.
std::string_view word(std::string_view& rest) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view found = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return found;
}

template <class Number>
bool read(std::string_view& rest, Number& number) {
    const std::string_view text = word(rest);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

Error malformed() {
    return fail(ErrorCode::kInvalidArgument, "it is no record");
}

}  // namespace

Result<Record> parseRecord(std::string_view message) {
    const std::size_t head_end = message.find('\n');
    if (!message.starts_with(kMark) || head_end == std::string_view::npos) {
        return malformed();
    }
    std::string_view head = message.substr(kMark.size(), head_end - kMark.size());
    Record record;
    std::array<std::size_t, 4> sizes{};
    bool good = read(head, record.pid) && read(head, record.began_us) && read(head, record.took_us) &&
                read(head, record.rows) && read(head, record.untold);
    record.sqlstate = word(head);
    record.fingerprint = word(head);
    std::string_view rest = message.substr(head_end + 1);
    std::array<std::string_view, 4> parts;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        good = good && read(head, sizes[i]) && sizes[i] <= rest.size();
        if (!good) {
            return malformed();
        }
        parts[i] = rest.substr(0, sizes[i]);
        rest.remove_prefix(sizes[i]);
    }
    record.role = parts[0];
    record.command = parts[1];
    for (std::string_view names = parts[2]; !names.empty();) {
        const std::size_t end = std::min(names.find('\n'), names.size());
        record.sources.emplace_back(names.substr(0, end));
        names.remove_prefix(std::min(end + 1, names.size()));
    }
    record.text = parts[3];
    record.context = rest;
    return record;
}

}  // namespace tessera::audit

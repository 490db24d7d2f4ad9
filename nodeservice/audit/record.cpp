#include "nodeservice/audit/record.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace tessera::audit {

namespace {

constexpr std::string_view kMark = "tessera-audit 1 ";

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

Result<Record> parseRecord(std::string_view datagram) {
    const std::size_t head_end = datagram.find('\n');
    if (!datagram.starts_with(kMark) || head_end == std::string_view::npos) {
        return malformed();
    }
    std::string_view head = datagram.substr(kMark.size(), head_end - kMark.size());
    Record record;
    std::array<std::size_t, 4> sizes{};
    bool good =
        read(head, record.pid) && read(head, record.began_us) && read(head, record.took_us) && read(head, record.rows);
    record.sqlstate = word(head);
    record.fingerprint = word(head);
    std::string_view rest = datagram.substr(head_end + 1);
    std::array<std::string, 4> parts;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        good = good && read(head, sizes[i]) && sizes[i] <= rest.size();
        if (!good) {
            return malformed();
        }
        parts[i] = rest.substr(0, sizes[i]);
        rest.remove_prefix(sizes[i]);
    }
    record.role = std::move(parts[0]);
    record.command = std::move(parts[1]);
    for (std::string_view names = parts[2]; !names.empty();) {
        const std::size_t end = std::min(names.find('\n'), names.size());
        record.sources.emplace_back(names.substr(0, end));
        names.remove_prefix(std::min(end + 1, names.size()));
    }
    record.text = std::move(parts[3]);
    record.context = rest;
    return record;
}

std::string timeText(std::int64_t since_1970_us) {
    constexpr std::int64_t kMicros = 1'000'000;
    const std::time_t seconds = since_1970_us / kMicros;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 48> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    std::string micros = std::to_string(since_1970_us % kMicros);
    return std::string(text.data(), size) + "." + std::string(6 - std::min<std::size_t>(6, micros.size()), '0') +
           micros + "Z";
}

}  // namespace tessera::audit

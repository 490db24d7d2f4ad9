#pragma once

/// Log lines to standard error: `2026-11-21T08:00:00.123Z info  source.prepared source=flights tables=3`.
///
/// An event is a fixed dotted name, everything that varies is a field, so that lines can be searched and counted. Any
/// thread. Levels: error = an operator must act, warn = degraded, info = lifecycle, debug = each request. Secrets and
/// the values of SQL parameters never become fields.

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace tessera::log {

enum class Level { kDebug, kInfo, kWarn, kError };

struct Field {
    Field(std::string_view name, std::string_view text) : key(name), value(text) {}

    Field(std::string_view name, const char* text) : key(name), value(text) {}

    Field(std::string_view name, const std::string& text) : key(name), value(text) {}

    Field(std::string_view name, bool flag) : key(name), value(flag ? "true" : "false") {}

    template <class Number>
        requires std::integral<Number> || std::floating_point<Number>
    Field(std::string_view name, Number number) : key(name), value(std::to_string(number)) {}

    std::string_view key;
    std::string value;
};

void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});

/// Lines below this level are dropped; kInfo until it is called.
void setLevel(Level level);

/// What write() puts after the time and level; apart for tests.
std::string format(std::string_view event, std::initializer_list<Field> fields);

inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::kDebug, event, fields);
}

inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::kInfo, event, fields);
}

inline void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::kWarn, event, fields);
}

inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::kError, event, fields);
}

}  // namespace tessera::log

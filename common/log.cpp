#include "common/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>

namespace tessera::log {

namespace {

spdlog::level::level_enum nativeLevel(Level level) {
    switch (level) {
        case Level::kDebug:
            return spdlog::level::debug;
        case Level::kInfo:
            return spdlog::level::info;
        case Level::kWarn:
            return spdlog::level::warn;
        case Level::kError:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

spdlog::logger& logger() {
    static const std::shared_ptr<spdlog::logger> instance = [] {
        auto made = std::make_shared<spdlog::logger>("tessera", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-7l %v", spdlog::pattern_time_type::utc);
        made->flush_on(spdlog::level::debug);
        return made;
    }();
    return *instance;
}

bool needsQuotes(std::string_view value) {
    return value.empty() || std::any_of(value.begin(), value.end(), [](char c) {
               return c == ' ' || c == '"' || c == '=' || static_cast<unsigned char>(c) < 0x20;
           });
}

void appendQuoted(std::string& line, std::string_view value) {
    line += '"';
    for (const char c : value) {
        if (c == '\n') {
            line += "\\n";
        } else if (static_cast<unsigned char>(c) < 0x20) {
            line += ' ';
        } else {
            if (c == '"' || c == '\\') {
                line += '\\';
            }
            line += c;
        }
    }
    line += '"';
}

}  // namespace

std::string format(std::string_view event, std::initializer_list<Field> fields) {
    std::string line(event);
    for (const Field& field : fields) {
        line += ' ';
        line += field.key;
        line += '=';
        if (needsQuotes(field.value)) {
            appendQuoted(line, field.value);
        } else {
            line += field.value;
        }
    }
    return line;
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    if (logger().should_log(nativeLevel(level))) {
        logger().log(nativeLevel(level), spdlog::string_view_t(format(event, fields)));
    }
}

void setLevel(Level level) {
    logger().set_level(nativeLevel(level));
}

}  // namespace tessera::log

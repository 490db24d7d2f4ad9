#include "nodeservice/gateway/metrics_text.h"

#include <charconv>

namespace tessera::gateway {

namespace {

/// A label's value: backslash, quote and line break are escaped.
std::string escapeLabel(std::string_view value) {
    std::string escaped;
    for (const char c : value) {
        if (c == '\n') {
            escaped += "\\n";
            continue;
        }
        if (c == '\\' || c == '"') {
            escaped += '\\';
        }
        escaped += c;
    }
    return escaped;
}

}  // namespace

void MetricsText::metric(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help);
    text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void MetricsText::sample(double value, const Labels& labels) {
    text_ += name_;
    if (!labels.empty()) {
        char separator = '{';
        for (const auto& [name, text] : labels) {
            text_ += separator + name + "=\"" + escapeLabel(text) + "\"";
            separator = ',';
        }
        text_ += '}';
    }
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    text_.append(" ").append(buffer, static_cast<std::size_t>(end - buffer)).append("\n");
}

}  // namespace tessera::gateway

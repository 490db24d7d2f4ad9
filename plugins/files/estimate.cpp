#include "plugins/files/estimate.h"

#include <algorithm>

namespace tessera::files {

namespace {

/// Records that end within the sample, carried on to the whole text.
double extrapolate(std::size_t records, std::size_t end_of_last, std::size_t sample_bytes, double total_bytes) {
    if (static_cast<double>(sample_bytes) >= total_bytes || records == 0) {
        return static_cast<double>(records);
    }
    return static_cast<double>(records) * total_bytes / static_cast<double>(end_of_last);
}

}  // namespace

double estimateCsvRows(std::string_view sample, double total_bytes) {
    bool quoted = false;
    std::size_t lines = 0;
    std::size_t end_of_last = 0;
    for (std::size_t i = 0; i < sample.size(); ++i) {
        if (sample[i] == '"') {
            quoted = !quoted;
        } else if (sample[i] == '\n' && !quoted) {
            ++lines;
            end_of_last = i + 1;
        }
    }
    const bool whole = static_cast<double>(sample.size()) >= total_bytes;
    if (whole && end_of_last < sample.size()) {
        ++lines;  // the last line has no end
    }
    // The first line is nearly always the header.
    return std::max(0.0, extrapolate(lines, end_of_last, sample.size(), total_bytes) - 1);
}

double estimateJsonRows(std::string_view sample, double total_bytes) {
    const std::size_t first = sample.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    if (first == std::string_view::npos) {
        return 0;
    }
    // A record is an object that ends at this depth.
    const int record_depth = sample[first] == '[' ? 1 : 0;
    int depth = 0;
    bool quoted = false;
    std::size_t records = 0;
    std::size_t end_of_last = 0;
    for (std::size_t i = first; i < sample.size(); ++i) {
        const char c = sample[i];
        if (quoted) {
            i += c == '\\' ? 1 : 0;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            --depth;
            if (c == '}' && depth == record_depth) {
                ++records;
                end_of_last = i + 1;
            }
        }
    }
    return std::max(1.0, extrapolate(records, end_of_last, sample.size(), total_bytes));
}

}  // namespace tessera::files

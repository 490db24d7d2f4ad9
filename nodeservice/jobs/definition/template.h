#pragma once

/// Texts with `${name}` in them: what a job's parameters are put into. `$${` is a literal `${`. Values never become
/// part of a language by being pasted: each kind of text has its quoting. Pure; any thread.

#include "common/result.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::jobs {

enum class ParameterType : std::uint8_t { kText, kInteger, kDecimal, kBoolean, kDate, kTime };

inline constexpr std::array<const char*, 6> kParameterTypeNames = {"text",    "integer", "decimal",
                                                                   "boolean", "date",    "time"};

/// Whether the text is one value of the type: "2026-11-22", "2026-11-22T02:30:00Z", "-5", "true".
bool isValueOf(ParameterType type, std::string_view text);

struct TypedValue {
    ParameterType type = ParameterType::kText;
    std::string text;

    bool operator==(const TypedValue&) const = default;
};

using Values = std::map<std::string, TypedValue>;

enum class TemplateKind : std::uint8_t {
    kPlain,
    /// SQL of PostgreSQL: a typed literal, never within quotes or a comment.
    kSql,
    /// Percent-encoded.
    kUrl,
    /// One or a part of one name in a path: without '/', and not "..".
    kPath,
    /// The inside of a JSON string.
    kJson,
};

struct Placeholder {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string name;
};

/// Those of a text. An error for `${` that does not end or holds no name, and for one in SQL that stands within quotes.
Result<std::vector<Placeholder>> placeholdersOf(std::string_view text, TemplateKind kind);

Result<std::string> fill(std::string_view text, const Values& values, TemplateKind kind);

}  // namespace tessera::jobs

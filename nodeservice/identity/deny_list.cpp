#include "nodeservice/identity/deny_list.h"

#include "common/config/loader.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace tessera::identity {

namespace {

using config::PropertyType;

constexpr std::size_t kMostBytes = 16 * 1024 * 1024;

const config::Schema& schema() {
    static const config::Schema instance{
        "Who is let in no longer",
        "",
        {{.name = "deny",
          .type = PropertyType::kSectionList,
          .doc = "Who is denied. All that an entry says must be so.",
          .children = {{.name = "issuer", .type = PropertyType::kText, .doc = "The `iss` of the tokens."},
                       {.name = "subject", .type = PropertyType::kText, .doc = "The person."},
                       {.name = "token", .type = PropertyType::kText, .doc = "The token's `jti`."},
                       {.name = "issued_before",
                        .type = PropertyType::kInteger,
                        .doc = "Tokens whose `iat` is earlier.",
                        .unit = "s",
                        .least = 0}}}}};
    return instance;
}

std::optional<std::string> textOf(const config::Section& section, const char* name) {
    return section.has(name) ? std::optional(section.text(name)) : std::nullopt;
}

Result<std::vector<Denial>> parse(const std::string& text, const std::filesystem::path& file) {
    const config::Section read =
        TSR_TRY(config::parse(text, file.string(), file.parent_path(), schema(), {.are_expanded = false}));
    std::vector<Denial> denials;
    for (const config::Section& entry : read.sections("deny")) {
        Denial denial{textOf(entry, "issuer"), textOf(entry, "subject"), textOf(entry, "token"), {}};
        if (entry.has("issued_before")) {
            denial.issued_before = entry.integer("issued_before");
        }
        if (!denial.issuer && !denial.subject && !denial.token && !denial.issued_before) {
            return fail(ErrorCode::kInvalidArgument, entry.where() + ": the entry denies nobody");
        }
        denials.push_back(std::move(denial));
    }
    return denials;
}

}  // namespace

bool Denial::fits(const std::string& from, const std::string& who, const nlohmann::json& claims) const {
    const auto claim = [&claims](const char* name) {
        const auto found = claims.is_object() ? claims.find(name) : claims.end();
        return claims.is_object() && found != claims.end() ? *found : nlohmann::json();
    };
    if ((issuer && *issuer != from) || (subject && *subject != who) || (token && claim("jti") != *token)) {
        return false;
    }
    if (!issued_before) {
        return true;
    }
    const nlohmann::json issued = claim("iat");
    return !issued.is_number() || issued.get<double>() < static_cast<double>(*issued_before);
}

Result<bool> DenyList::refresh() {
    if (file_.empty()) {
        return false;
    }
    std::ifstream in(file_, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in.is_open() || in.bad() || text.size() > kMostBytes) {
        return fail(ErrorCode::kInvalidArgument, "cannot read the list of who is denied, '" + file_.string() + "'");
    }
    {
        const std::lock_guard lock(mutex_);
        if (text == read_) {
            return false;
        }
    }
    std::vector<Denial> denials = TSR_TRY(parse(text, file_));
    const std::lock_guard lock(mutex_);
    denials_ = std::move(denials);
    read_ = std::move(text);
    return true;
}

bool DenyList::denies(const std::string& issuer, const std::string& subject, const nlohmann::json& claims) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(denials_.begin(), denials_.end(),
                       [&](const Denial& denial) { return denial.fits(issuer, subject, claims); });
}

bool DenyList::denies(const std::string& context) const {
    const nlohmann::json members = nlohmann::json::parse(context, nullptr, false);
    return members.is_object() && denies(members.value("issuer", ""), members.value("subject", ""),
                                         members.value("claims", nlohmann::json::object()));
}

}  // namespace tessera::identity

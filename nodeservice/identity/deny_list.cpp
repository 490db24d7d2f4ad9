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
          .children = {{.name = "user",
                        .type = PropertyType::kText,
                        .doc = "A user of the node's own, by password or certificate; stands alone."},
                       {.name = "issuer", .type = PropertyType::kText, .doc = "The `iss` of the tokens."},
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
        Denial denial{
            textOf(entry, "user"), textOf(entry, "issuer"), textOf(entry, "subject"), textOf(entry, "token"), {}};
        if (entry.has("issued_before")) {
            denial.issued_before = entry.integer("issued_before");
        }
        if (const auto checked = check(denial); !checked) {
            return fail(ErrorCode::kInvalidArgument, entry.where() + ": " + checked.error().message);
        }
        denials.push_back(std::move(denial));
    }
    return denials;
}

}  // namespace

Result<> check(const Denial& denial) {
    const bool is_of_people = denial.issuer || denial.subject || denial.token || denial.issued_before;
    if (!denial.user && !is_of_people) {
        return fail(ErrorCode::kInvalidArgument, "the entry denies nobody");
    }
    if (denial.user && is_of_people) {
        return fail(ErrorCode::kInvalidArgument, "a user of the node has neither issuer nor token");
    }
    return {};
}

bool Denial::fits(const std::string& from, const std::string& who, const nlohmann::json& claims) const {
    const auto claim = [&claims](const char* name) {
        const auto found = claims.is_object() ? claims.find(name) : claims.end();
        return claims.is_object() && found != claims.end() ? *found : nlohmann::json();
    };
    if (user || (issuer && *issuer != from) || (subject && *subject != who) || (token && claim("jti") != *token)) {
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
    written_ = std::move(denials);
    read_ = std::move(text);
    return true;
}

bool DenyList::replaceSaid(std::vector<Denial> denials) {
    const std::lock_guard lock(mutex_);
    const bool is_other = said_ != denials;
    said_ = std::move(denials);
    return is_other;
}

template <class Fits>
bool DenyList::any(Fits fits) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(written_.begin(), written_.end(), fits) || std::any_of(said_.begin(), said_.end(), fits);
}

bool DenyList::denies(const std::string& issuer, const std::string& subject, const nlohmann::json& claims) const {
    return any([&](const Denial& denial) { return denial.fits(issuer, subject, claims); });
}

bool DenyList::deniesUser(const std::string& name) const {
    return any([&name](const Denial& denial) { return denial.user == name; });
}

bool DenyList::deniesSession(const std::string& role, const std::string* context) const {
    if (context == nullptr) {
        return deniesUser(role);
    }
    const nlohmann::json members = nlohmann::json::parse(*context, nullptr, false);
    return members.is_object() && denies(members.value("issuer", ""), members.value("subject", ""),
                                         members.value("claims", nlohmann::json::object()));
}

}  // namespace tessera::identity

#include "nodeservice/rest/fallback.h"

#include <string_view>

namespace tessera::rest {

namespace {

/// In quotation marks, as in a structured field (RFC 8941); what has no place in one is a '?'.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c >= ' ' && c <= '~' ? c : '?';
    }
    return out + "\"";
}

}  // namespace

void Fallback::hear(const query::Notice& notice) {
    if (notice.sqlstate == "01T01") {
        is_of_replica = true;
    } else if (notice.sqlstate == "01T02") {
        constexpr std::string_view kBegin = "shard ";
        std::string_view shard = std::string_view(notice.message).substr(0, notice.message.rfind(" is missing"));
        shard.remove_prefix(shard.starts_with(kBegin) ? kBegin.size() : 0);
        missing_shards.emplace_back(shard);
    }
}

void Fallback::addTo(std::vector<std::pair<std::string, std::string>>& headers) const {
    if (isPartial()) {
        std::string list;
        for (const std::string& shard : missing_shards) {
            list += (list.empty() ? "shard=" : ", shard=") + quoted(shard);
        }
        headers.emplace_back(kFallbackHeader, is_of_replica ? "partial, replica" : "partial");
        headers.emplace_back(kPartialHeader, list);
    } else if (is_of_replica) {
        headers.emplace_back(kFallbackHeader, "replica");
    }
}

}  // namespace tessera::rest

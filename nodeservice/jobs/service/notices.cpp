#include "nodeservice/jobs/service/notices.h"

#include "nodeservice/jobs/run/schema.h"
#include "nodeservice/jobs/run/transitions.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tessera::jobs {

namespace {

constexpr const char* kColumns = "id, key, person, run, job, state, error, date, node, at_ms";

Notice toNotice(const Row& row) {
    const auto integer = [&](std::size_t at) { return std::get<std::int64_t>(row.at(at)); };
    const auto text = [&](std::size_t at) { return std::get<std::string>(row.at(at)); };
    return {integer(0), text(1), text(2), integer(3), text(4), text(5), text(6), text(7), text(8), integer(9)};
}

std::vector<Notice> toNotices(const std::vector<Row>& rows) {
    std::vector<Notice> notices;
    std::transform(rows.begin(), rows.end(), std::back_inserter(notices), toNotice);
    return notices;
}

}  // namespace

bool Addressee::isMeant(const Notice& notice) const {
    return std::find(names.begin(), names.end(), notice.person) != names.end();
}

Result<bool> Notices::hasTables() {
    return TSR_TRY(schemaVersion(store_)) >= 4;
}

Result<std::vector<Notice>> Notices::waiting(const Addressee& addressee, const std::string& device) {
    if (!TSR_TRY(hasTables())) {
        return std::vector<Notice>();
    }
    return toNotices(TSR_TRY(store_.query(
        {std::string("SELECT ") + kColumns +
             " FROM job_notice WHERE person IN (SELECT value FROM json_each(?1)) AND id > coalesce((SELECT "
             "notice FROM job_notice_shown WHERE who = ?2 AND device = ?3), 0) ORDER BY id",
         {nlohmann::json(addressee.names).dump(), addressee.who, device}})));
}

Result<std::vector<Notice>> Notices::after(std::int64_t id) {
    if (!TSR_TRY(hasTables())) {
        return std::vector<Notice>();
    }
    return toNotices(
        TSR_TRY(store_.query({std::string("SELECT ") + kColumns + " FROM job_notice WHERE id > ? ORDER BY id", {id}})));
}

Result<std::int64_t> Notices::newest() {
    if (!TSR_TRY(hasTables())) {
        return std::int64_t{0};
    }
    const auto rows = TSR_TRY(store_.query({"SELECT coalesce(max(id), 0) FROM job_notice", {}}));
    return std::get<std::int64_t>(rows.at(0).at(0));
}

Result<> Notices::acknowledge(const Addressee& addressee, const std::string& device, std::int64_t id) {
    if (TSR_TRY(hasTables())) {
        TSR_TRY(store_.apply(acknowledgeNotice(id, addressee.names, addressee.who, device)));
    }
    return {};
}

}  // namespace tessera::jobs

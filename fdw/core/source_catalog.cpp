/// What a source says of its own tables: for IMPORT FOREIGN SCHEMA and for the planner.
#include "fdw/core/fdw_core.h"
#include "fdw/core/session_pool.h"
#include "plugins/sdk/boundary.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace fdw = tessera::fdw;
namespace sdk = tessera::sdk;
using tessera::Result;

struct TsrTableList {
    /// One table with all it points to; deque elements and strings don't move.
    struct Held {
        std::deque<std::string> texts;
        std::vector<TsrOption> options;
        std::vector<std::vector<TsrOption>> column_options;
        std::vector<TsrColumn> columns;
        TsrTable table{};
    };

    void add(const TsrTable& from) {
        Held& held = tables.emplace_back();
        const auto keep = [&](const char* text) -> const char* {
            return text == nullptr ? nullptr : held.texts.emplace_back(text).c_str();
        };
        const auto keepOptions = [&](std::size_t count, const TsrOption* options) {
            std::vector<TsrOption> kept;
            for (std::size_t i = 0; i < count; ++i) {
                kept.push_back({keep(options[i].name), keep(options[i].value)});
            }
            return kept;
        };
        held.options = keepOptions(from.option_count, from.options);
        for (std::size_t i = 0; i < from.column_count; ++i) {
            held.column_options.push_back(keepOptions(from.columns[i].option_count, from.columns[i].options));
        }
        for (std::size_t i = 0; i < from.column_count; ++i) {
            TsrColumn column = from.columns[i];
            column.name = keep(column.name);
            column.pg_type = keep(column.pg_type);
            column.comment = keep(column.comment);
            column.options = held.column_options[i].data();
            held.columns.push_back(column);
        }
        held.table = {keep(from.name),     keep(from.comment),  from.row_count,      held.columns.size(),
                      held.columns.data(), held.options.size(), held.options.data(), keep(from.skipped)};
    }

    std::deque<Held> tables;
};

namespace {

constexpr std::chrono::seconds kStatisticsLifetime{60};

struct KnownStatistics {
    TsrStatistics statistics;
    std::chrono::steady_clock::time_point known_since;
};

std::map<std::pair<std::uint64_t, std::uint32_t>, KnownStatistics>& knownStatistics() {
    static auto* known = new std::map<std::pair<std::uint64_t, std::uint32_t>, KnownStatistics>;
    return *known;
}

struct KnownPages {
    std::int64_t pages = 0;
    std::chrono::steady_clock::time_point known_since;
};

std::map<std::pair<std::uint64_t, std::uint32_t>, KnownPages>& knownPages() {
    static auto* known = new std::map<std::pair<std::uint64_t, std::uint32_t>, KnownPages>;
    return *known;
}

struct KnownColumns {
    std::map<std::string, TsrColumnStatistics, std::less<>> columns;
    std::chrono::steady_clock::time_point known_since;
};

std::map<std::pair<std::uint64_t, std::uint32_t>, KnownColumns>& knownColumns() {
    static auto* known = new std::map<std::pair<std::uint64_t, std::uint32_t>, KnownColumns>;
    return *known;
}

/// Runs `body(lease, error)` with a session; once more on a fresh one when a kept session has died.
template <class Body>
Result<TsrStatus> withSession(const TsrSource& source, const TsrHost& host, TsrError* error, Body&& body) {
    for (const bool fresh : {false, true}) {
        const fdw::ScopedLease lease(TSR_TRY(fdw::SessionPool::instance().acquire(source, host, fresh)));
        const TsrStatus status = body(lease, error);
        const bool lost = status == TSR_ERROR && std::string_view(error->sqlstate).substr(0, 2) == "08";
        if (!lost || !lease.reused()) {
            return status;
        }
    }
    return TSR_ERROR;
}

}  // namespace

extern "C" {

TsrStatus tsr_source_statistics(const TsrSource* source, const TsrHost* host, uint32_t table,
                                const TsrOption* table_options, size_t option_count, TsrStatistics* statistics,
                                TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        const std::pair key{(static_cast<std::uint64_t>(source->server) << 32U) | source->user, table};
        const auto now = std::chrono::steady_clock::now();
        const auto known = knownStatistics().find(key);
        if (known != knownStatistics().end() && now - known->second.known_since < kStatisticsLifetime) {
            *statistics = known->second.statistics;
            return TSR_OK;
        }
        *statistics = {-1, -1};
        const TsrStatus status =
            TSR_TRY(withSession(*source, *host, error, [&](const fdw::ScopedLease& lease, TsrError* failure) {
                return lease.connector().statistics(lease.session(), table_options, option_count, statistics, failure);
            }));
        if (status == TSR_OK) {
            knownStatistics()[key] = {*statistics, now};
        }
        return status;
    });
}

TsrStatus tsr_source_column_statistics(const TsrSource* source, const TsrHost* host, uint32_t table,
                                       const TsrOption* table_options, size_t option_count, const char* column,
                                       TsrColumnStatistics* statistics, TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        *statistics = {sizeof(TsrColumnStatistics), nullptr, 0, 0, 0, 0};
        if (!TSR_HAS_MEMBER(source->connector, column_statistics)) {
            return TSR_OK;
        }
        const std::pair key{(static_cast<std::uint64_t>(source->server) << 32U) | source->user, table};
        const auto now = std::chrono::steady_clock::now();
        auto known = knownColumns().find(key);
        if (known == knownColumns().end() || now - known->second.known_since >= kStatisticsLifetime) {
            KnownColumns fresh{{}, now};
            const TsrColumnSink sink = [](void* context, const TsrColumnStatistics* told) {
                // A connector made for an older minor version tells less.
                TsrColumnStatistics kept{};
                std::memcpy(&kept, told, std::min(told->struct_size, sizeof(kept)));
                kept.name = nullptr;
                static_cast<KnownColumns*>(context)->columns[told->name] = kept;
            };
            const TsrStatus status =
                TSR_TRY(withSession(*source, *host, error, [&](const fdw::ScopedLease& lease, TsrError* failure) {
                    fresh.columns.clear();
                    return lease.connector().column_statistics(lease.session(), table_options, option_count, sink,
                                                               &fresh, failure);
                }));
            if (status != TSR_OK) {
                return status;
            }
            known = knownColumns().insert_or_assign(key, std::move(fresh)).first;
        }
        if (const auto found = known->second.columns.find(column); found != known->second.columns.end()) {
            *statistics = found->second;
        }
        return TSR_OK;
    });
}

TsrStatus tsr_source_page_count(const TsrSource* source, const TsrHost* host, uint32_t table,
                                const TsrOption* table_options, size_t option_count, int64_t* pages, TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        *pages = 0;
        if (!TSR_HAS_MEMBER(source->connector, page_count)) {
            return TSR_OK;
        }
        const std::pair key{(static_cast<std::uint64_t>(source->server) << 32U) | source->user, table};
        const auto now = std::chrono::steady_clock::now();
        auto known = knownPages().find(key);
        if (known == knownPages().end() || now - known->second.known_since >= kStatisticsLifetime) {
            KnownPages fresh{0, now};
            const TsrStatus status =
                TSR_TRY(withSession(*source, *host, error, [&](const fdw::ScopedLease& lease, TsrError* failure) {
                    return lease.connector().page_count(lease.session(), table_options, option_count, &fresh.pages,
                                                        failure);
                }));
            if (status != TSR_OK) {
                return status;
            }
            known = knownPages().insert_or_assign(key, fresh).first;
        }
        *pages = known->second.pages;
        return TSR_OK;
    });
}

TsrStatus tsr_table_list_create(const TsrSource* source, const TsrHost* host, const char* schema,
                                const char* only_table, TsrTableList** list, TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        auto made = std::make_unique<TsrTableList>();
        const TsrTableSink sink = [](void* context, const TsrTable* table) {
            static_cast<TsrTableList*>(context)->add(*table);
        };
        const TsrStatus status =
            TSR_TRY(withSession(*source, *host, error, [&](const fdw::ScopedLease& lease, TsrError* failure) {
                made->tables.clear();
                return lease.connector().list_tables(lease.session(), schema, only_table, sink, made.get(), failure);
            }));
        if (status == TSR_OK) {
            *list = made.release();
        }
        return status;
    });
}

size_t tsr_table_list_size(const TsrTableList* list) {
    return list->tables.size();
}

const TsrTable* tsr_table_list_at(const TsrTableList* list, size_t index) {
    return &list->tables[index].table;
}

void tsr_table_list_destroy(TsrTableList* list) {
    delete list;
}
}

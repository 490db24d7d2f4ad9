#include "app/cli/store_changes.h"

#include "app/cli/listing.h"
#include "app/cli/store_values.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <stop_token>
#include <utility>

namespace tessera::cli {

namespace {

using client::StoreChanges;
using client::StoreRowChange;
using client::StoreTableChanges;
using client::StoreValue;
using nlohmann::ordered_json;

constexpr std::chrono::milliseconds kUsualTime{10'000};

std::string utcText(std::int64_t ms) {
    const std::time_t seconds = ms / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[40];
    const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    std::snprintf(text + length, sizeof text - length, ".%03d UTC", static_cast<int>(ms % 1000));
    return text;
}

/// Bytes as x'…', as they have no form in JSON.
ordered_json jsonOf(const StoreValue& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return *number;
    }
    if (const auto* real = std::get_if<double>(&value)) {
        return *real;
    }
    const auto text = valueText(value);
    return text ? ordered_json(*text) : ordered_json();
}

enum class Which { kKey, kOthers, kAll };

/// With each column that is told and wanted.
template <class Add>
void eachColumn(const StoreTableChanges& table, const StoreRowChange::Values& values, Which which, const Add& add) {
    for (std::size_t i = 0; i < values.size() && i < table.columns.size(); ++i) {
        if (values[i] && (which == Which::kAll || table.is_key[i] == (which == Which::kKey))) {
            add(table.columns[i], *values[i], i);
        }
    }
}

class ChangePrinter {
  public:
    explicit ChangePrinter(bool is_json) : is_json_(is_json) {}

    void print(const StoreChanges& changes) {
        if (!is_json_ && !isEmpty(changes) && changes.index != entry_) {
            line("entry " + std::to_string(changes.index) + ", " + utcText(changes.time_ms));
            entry_ = changes.index;
        }
        for (const StoreTableChanges& table : changes.tables) {
            for (const StoreRowChange& row : table.rows) {
                is_json_ ? printJson(changes, table, row) : printText(table, row);
            }
        }
        if (changes.is_replaced) {
            note(changes, "replaced", "", "  ! a backup took the place of all data: read the tables anew");
        }
        if (changes.is_schema_changed) {
            note(changes, "schema", "", "  ! tables, views, indexes or triggers are not what they were");
        }
        for (const std::string& table : changes.untold) {
            note(changes, "untold", table,
                 "  ? " + table + " was changed; its rows cannot be told (no primary key, virtual, or other columns)");
        }
        std::fflush(stdout);
    }

    static bool isEmpty(const StoreChanges& changes) {
        return changes.tables.empty() && changes.untold.empty() && !changes.is_replaced && !changes.is_schema_changed;
    }

  private:
    static void line(const std::string& text) { std::printf("%s\n", text.c_str()); }

    static ordered_json begin(const StoreChanges& changes, const char* change) {
        return {{"entry", changes.index}, {"time", utcText(changes.time_ms)}, {"change", change}};
    }

    static void write(const ordered_json& made) {
        line(made.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
    }

    void note(const StoreChanges& changes, const char* change, const std::string& table,
              const std::string& text) const {
        if (!is_json_) {
            return line(text);
        }
        ordered_json made = begin(changes, change);
        if (!table.empty()) {
            made["table"] = table;
        }
        write(made);
    }

    static void printJson(const StoreChanges& changes, const StoreTableChanges& table, const StoreRowChange& row) {
        ordered_json made = begin(changes, row.before.empty() ? "insert" : row.after.empty() ? "delete" : "update");
        made["table"] = table.table;
        const auto add = [&](const char* member, const StoreRowChange::Values& values, Which which) {
            ordered_json columns = ordered_json::object();
            eachColumn(table, values, which, [&](const std::string& name, const StoreValue& value, std::size_t) {
                columns[name] = jsonOf(value);
            });
            if (!columns.empty()) {
                made[member] = std::move(columns);
            }
        };
        add("key", row.before.empty() ? row.after : row.before, Which::kKey);
        add("before", row.before, Which::kAll);
        add("after", row.after, Which::kAll);
        write(made);
    }

    static void printText(const StoreTableChanges& table, const StoreRowChange& row) {
        std::string text = std::string("  ") +
                           (row.before.empty()  ? '+'
                            : row.after.empty() ? '-'
                                                : '~') +
                           ' ' + table.table;
        const auto add = [&](const std::string& name, const StoreValue& value, std::size_t) {
            text += ' ' + name + '=' + valueLiteral(value);
        };
        const bool is_changed = !row.before.empty() && !row.after.empty();
        eachColumn(table, row.before.empty() ? row.after : row.before, is_changed ? Which::kKey : Which::kAll, add);
        if (is_changed) {
            text += ':';
            eachColumn(table, row.after, Which::kAll,
                       [&](const std::string& name, const StoreValue& value, std::size_t i) {
                           text += ' ' + name + ' ' + (row.before[i] ? valueLiteral(*row.before[i]) : "?") + " -> " +
                                   valueLiteral(value);
                       });
        }
        line(text);
    }

    const bool is_json_;
    std::uint64_t entry_ = 0;
};

/// The entry that is meant: itself, or the last one whose statements saw nothing later than a time.
Result<std::uint64_t> entryAt(StoreRoute& route, const std::string& text) {
    if (!text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        if (text.size() > std::string("999999999999999999").size()) {
            return fail(ErrorCode::kInvalidArgument, "'" + text + "' is no entry of the log");
        }
        return std::stoull(text);
    }
    client::StoreReadPoint point = client::StoreConsistency::kAtTime;
    point.time_ms = TSR_TRY(parseUtcTime(text));
    std::uint64_t entry = 0;
    const client::StoreClient::RowSink sink{[&](const std::vector<std::string>&, std::uint64_t index) {
                                                entry = index;
                                                return Result<>();
                                            },
                                            [](const std::vector<StoreValue>&) { return Result<>(); }};
    TSR_TRY(route.atBest(
        kUsualTime, [&](client::StoreClient& member) { return member.query({"SELECT 1"}, point, kUsualTime, sink); }));
    return entry;
}

/// Whether another member, or the same with a new sign-in, can go on.
bool mayGoOn(const Error& error) {
    return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kUnauthenticated;
}

Result<> printChanges(const StoreOptions& options, StoreRoute& route, const std::stop_token& stop) {
    client::StoreChangesRequest request = options.changes;
    request.as_one = options.action == StoreOptions::Action::kDiff;
    request.from_now = options.since.empty();
    request.after = options.since.empty() ? 0 : TSR_TRY(entryAt(route, options.since));
    request.until = options.until.empty() ? 0 : TSR_TRY(entryAt(route, options.until));
    ChangePrinter printer(options.is_json);
    bool has_come = true;
    const auto take = [&](const StoreChanges& changes) -> Result<> {
        printer.print(changes);
        has_come = true;
        if (!changes.has_more) {
            request.after = changes.index;
            request.from_now = false;
        }
        return std::ferror(stdout) != 0 ? Result<>(fail(ErrorCode::kCancelled, "the reader of the output has gone"))
                                        : Result<>();
    };
    Result<> done;
    // Who follows goes on where it was: elsewhere when a member goes away, and with a new token when one has expired.
    while (std::exchange(has_come, false)) {
        done = route.atBest(options.changes.follows ? kUsualTime : std::chrono::milliseconds(0),
                            [&](client::StoreClient& member) { return member.changes(request, take, stop); });
        if (done || !options.changes.follows || !mayGoOn(done.error())) {
            break;
        }
    }
    return done;
}

}  // namespace

ExitCode runStoreChanges(const StoreOptions& options, StoreRoute& route, InterruptWatch& interrupts) {
    std::stop_source stop;
    interrupts.setHandler([&stop] { stop.request_stop(); });
    const auto done = printChanges(options, route, stop.get_token());
    interrupts.setHandler({});
    if (done) {
        return kSuccess;
    }
    if (stop.stop_requested()) {
        return kInterrupted;
    }
    if (std::ferror(stdout) != 0) {
        return kBrokenPipe;
    }
    const bool is_usage = done.error().code == ErrorCode::kInvalidArgument;
    return reportError(done.error(), is_usage ? kUsage : exitCodeOf(done.error()));
}

}  // namespace tessera::cli

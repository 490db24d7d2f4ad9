#include "app/cli/store_shell.h"

#include "app/cli/listing.h"
#include "app/cli/store_sql.h"
#include "app/cli/store_values.h"
#include "app/core/output/output.h"
#include "app/core/output/row_writer.h"
#include "app/core/output/text_batch.h"
#include "app/core/sql/error_report.h"
#include "common/strings.h"

#include <editline/readline.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iostream>
#include <iterator>
#include <random>
#include <utility>

namespace tessera::cli {

namespace {

using client::StoreConsistency;
using client::StoreValue;

constexpr std::size_t kBatchRows = 1000;
constexpr int kHistoryLines = 1000;
constexpr std::chrono::milliseconds kUsualTime{10'000};

constexpr const char* kHelp =
    ".mode table|csv|json|ndjson                 how rows are written\n"
    ".consistency linearizable|leader|weak|none  how fresh what is read must be\n"
    ".at ENTRY|TIME|now                          read a past state: of an entry of the log, or of a time in UTC\n"
    ".tables                                     the store's tables and views\n"
    ".schema [TABLE]                             the statements that made them\n"
    ".status                                     the members\n"
    ".quit                                       or Ctrl+D\n"
    "Anything else is SQL, up to a semicolon. Each statement is a transaction of its own.\n";

std::uint64_t randomNumber() {
    std::random_device device;
    return ((std::uint64_t{device()} << 32U) | device()) | 1U;
}

/// Rows as they come, of a query that is given where to put them.
Result<> printRows(app::OutputFormat format, const app::TableStyle& style,
                   const std::function<Result<>(const client::StoreClient::RowSink&)>& query) {
    const auto output = app::standardOutput();
    const auto writer = app::createRowWriter(format, *output, style);
    std::vector<app::TextRow> rows;
    std::size_t columns = 0;
    const auto flush = [&]() -> Result<> {
        auto batch = app::textBatch(columns, rows);
        rows.clear();
        return writer->batch(batch);
    };
    bool has_begun = false;
    const client::StoreClient::RowSink sink = {[&](const std::vector<std::string>& titles, std::uint64_t) -> Result<> {
                                                   has_begun = true;
                                                   columns = titles.size();
                                                   return writer->begin(app::textColumns(titles));
                                               },
                                               [&](std::vector<StoreValue> row) -> Result<> {
                                                   app::TextRow& texts = rows.emplace_back();
                                                   for (StoreValue& value : row) {
                                                       texts.push_back(valueText(std::move(value)));
                                                   }
                                                   return rows.size() < kBatchRows ? Result<>() : flush();
                                               }};
    auto done = query(sink);
    if (!done) {
        static_cast<void>(writer->abandon());
        // Rows that were shown must not come again.
        return has_begun && done.error().code == ErrorCode::kUnavailable
                   ? Result<>(fail(ErrorCode::kAborted, done.error().message, done.error().hint))
                   : done;
    }
    TSR_TRY(flush());
    return writer->end();
}

class Shell {
  public:
    Shell(const StoreOptions& options, StoreRoute& route)
        : options_(options),
          route_(route),
          format_(options.format),
          point_(options.point),
          time_(options.timeout_ms == 0 ? kUsualTime : std::chrono::milliseconds(options.timeout_ms)),
          client_(randomNumber()) {}

    /// All of it; the first statement that fails ends it.
    ExitCode script(const std::string& text) {
        if (options_.is_atomic) {
            const auto done = request(splitStatements(text));
            return done ? kSuccess : reportError(done.error(), exitCodeOf(done.error()));
        }
        for (const std::string& statement : splitStatements(text)) {
            if (const auto done = run(statement); !done) {
                return app::isBrokenPipe(done.error()) ? kBrokenPipe
                                                       : reportError(done.error(), exitCodeOf(done.error()));
            }
        }
        return kSuccess;
    }

    ExitCode interactive();

    std::vector<std::string> names();

  private:
    Result<> run(const std::string& statement) { return onlyReads(statement) ? query(statement) : write(statement); }

    Result<> request(const std::vector<std::string>& texts) {
        std::vector<client::StoreStatement> statements;
        for (const std::string& text : texts) {
            statements.push_back({text});
        }
        const std::uint64_t number = ++sequence_;
        client::StoreWritten done;
        auto asked = route_.atBest(time_, [&](client::StoreClient& member) -> Result<> {
            done = TSR_TRY(member.request(statements, point_, time_, client_, number));
            return {};
        });
        TSR_TRY(std::move(asked));
        std::int64_t changes = 0;
        for (client::StoreWritten::Statement& statement : done.statements) {
            changes += statement.changes;
            if (statement.columns.empty()) {
                continue;
            }
            Listing listing{statement.columns, {}};
            for (auto& row : statement.rows) {
                app::TextRow& texts_of_row = listing.rows.emplace_back();
                for (StoreValue& value : row) {
                    texts_of_row.push_back(valueText(std::move(value)));
                }
            }
            if (print(listing, format_) != kSuccess) {
                return fail(ErrorCode::kUnavailable, "cannot write the rows");
            }
        }
        if (!options_.is_quiet) {
            std::fprintf(stderr, "%lld rows changed, entry %llu\n", static_cast<long long>(changes),
                         static_cast<unsigned long long>(done.index));
        }
        return {};
    }

    Result<> write(const std::string& statement) {
        const std::uint64_t number = ++sequence_;
        client::StoreWritten written;
        const auto done = route_.atBest(time_, [&](client::StoreClient& member) -> Result<> {
            written = TSR_TRY(member.execute({{statement}}, time_, client_, number));
            return {};
        });
        if (!done) {
            return done;
        }
        const std::int64_t changes = written.statements.empty() ? 0 : written.statements.front().changes;
        if (!options_.is_quiet) {
            std::fprintf(stderr, "%lld rows changed, entry %llu\n", static_cast<long long>(changes),
                         static_cast<unsigned long long>(written.index));
        }
        return {};
    }

    Result<> query(const std::string& statement) {
        return route_.atBest(time_, [&](client::StoreClient& member) { return queryAt(member, statement); });
    }

    Result<> queryAt(client::StoreClient& member, const std::string& statement) {
        return printRows(format_, options_.style, [&](const client::StoreClient::RowSink& sink) {
            return member.query({statement}, point_, time_, sink);
        });
    }

    /// False if it is neither an entry nor a time.
    bool setPoint(const std::string& text) {
        client::StoreReadPoint point = StoreConsistency::kLinearizable;
        if (text != "now") {
            const bool is_index =
                !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == text.npos;
            const auto time = is_index ? Result<std::int64_t>(0) : parseUtcTime(text);
            if (!time) {
                return false;
            }
            point = is_index ? StoreConsistency::kAtIndex : StoreConsistency::kAtTime;
            point.index = is_index ? std::stoull(text) : 0;
            point.time_ms = *time;
        }
        point_ = point;
        return true;
    }

    /// False: the end.
    bool command(const std::string& line);

    void report(const Result<>& done) {
        if (!done) {
            reportError(done.error(), kFailure);
        }
    }

    const StoreOptions& options_;
    StoreRoute& route_;
    app::OutputFormat format_;
    client::StoreReadPoint point_;
    const std::chrono::milliseconds time_;
    /// This shell's own number and its count of writes: one that is sent again is not done again.
    const std::uint64_t client_;
    std::uint64_t sequence_ = 0;
};

std::vector<std::string> Shell::names() {
    std::vector<std::string> names;
    static_cast<void>(route_.atBest(std::chrono::milliseconds(0), [&](client::StoreClient& member) {
        return member.query({"SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"}, StoreConsistency::kNone,
                            std::chrono::milliseconds(1000),
                            {[](const auto&, std::uint64_t) { return Result<>(); },
                             [&](std::vector<StoreValue> row) {
                                 names.push_back(valueText(std::move(row.at(0))).value_or(""));
                                 return Result<>();
                             }});
    }));
    return names;
}

bool Shell::command(const std::string& line) {
    const std::size_t space = line.find_first_of(" \t");
    const std::string name = line.substr(0, space);
    const std::size_t from = space == std::string::npos ? space : line.find_first_not_of(" \t", space);
    std::string argument = from == std::string::npos ? std::string() : line.substr(from);
    argument.erase(argument.find_last_not_of(" \t;") + 1);
    if (name == ".quit" || name == ".exit") {
        return false;
    }
    if (name == ".help") {
        std::fputs(kHelp, stdout);
    } else if (const auto format = outputFormats().find(argument); name == ".mode" && format != outputFormats().end()) {
        format_ = format->second;
    } else if (const auto level = storeConsistencies().find(argument);
               name == ".consistency" && level != storeConsistencies().end()) {
        point_ = level->second;
    } else if (name == ".at" && setPoint(argument)) {
        std::printf("reading the state of %s\n", argument.c_str());
    } else if (name == ".tables") {
        report(
            query("SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE "
                  "'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_tessera\\_%' ESCAPE '\\' ORDER BY name"));
    } else if (name == ".schema") {
        std::string quoted;
        for (const char c : argument) {
            quoted += c == '\'' ? "''" : std::string(1, c);
        }
        report(
            query("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name NOT LIKE '\\_tessera\\_%' "
                  "ESCAPE '\\' AND '" +
                  quoted + "' IN ('', tbl_name) ORDER BY tbl_name, type DESC"));
    } else if (name == ".status") {
        for (const StoreRoute::Answer& answer : route_.statuses()) {
            std::printf("%s: %s\n", answer.node.c_str(),
                        answer.status ? answer.status->role.c_str() : answer.status.error().message.c_str());
        }
    } else {
        std::fprintf(stderr, "'%s' is no command; .help lists them\n", line.c_str());
    }
    return true;
}

/// For completion, which libedit asks for by a plain function.
std::vector<std::string>& completions() {
    static std::vector<std::string> words;
    return words;
}

char* nextCompletion(const char* begun, int is_next) {
    static std::size_t at = 0;
    at = is_next == 0 ? 0 : at;
    const std::string prefix = toLowerAscii(begun);
    while (at < completions().size()) {
        const std::string& word = completions()[at++];
        if (toLowerAscii(word.substr(0, prefix.size())) == prefix) {
            return ::strdup(word.c_str());
        }
    }
    return nullptr;
}

char** complete(const char* text, int /*begin*/, int /*end*/) {
    rl_attempted_completion_over = 1;
    return rl_completion_matches(text, nextCompletion);
}

std::filesystem::path historyFile() {
    const char* state = std::getenv("XDG_STATE_HOME");
    const char* home = std::getenv("HOME");
    const std::filesystem::path base = state != nullptr && *state != '\0' ? std::filesystem::path(state)
                                       : home != nullptr                  ? std::filesystem::path(home) / ".local/state"
                                                                          : std::filesystem::path();
    return base.empty() ? base : base / "tessera" / "store_history";
}

ExitCode Shell::interactive() {
    completions() = names();
    for (const char* word :
         {"SELECT", "FROM", "WHERE", "INSERT INTO", "VALUES", "UPDATE", "DELETE FROM", "CREATE TABLE", "ORDER BY",
          "GROUP BY", ".mode", ".consistency", ".at", ".tables", ".schema", ".status", ".help", ".quit"}) {
        completions().emplace_back(word);
    }
    rl_attempted_completion_function = complete;
    const std::filesystem::path history = historyFile();
    std::error_code ignored;
    std::filesystem::create_directories(history.parent_path(), ignored);
    using_history();
    stifle_history(kHistoryLines);
    read_history(history.c_str());
    std::fputs("The replicated store. .help lists commands, Ctrl+D ends.\n", stdout);
    std::string text;
    bool goes_on = true;
    while (goes_on) {
        char* line = readline(text.empty() ? "store> " : "  ...> ");
        if (line == nullptr) {
            break;
        }
        const std::string typed = line;
        std::free(line);
        if (text.empty() && typed.starts_with('.')) {
            add_history(typed.c_str());
            goes_on = command(typed);
            continue;
        }
        text += (text.empty() ? "" : "\n") + typed;
        if (!isComplete(text)) {
            continue;
        }
        if (!text.empty()) {
            add_history(text.c_str());
        }
        for (const std::string& statement : splitStatements(std::exchange(text, {}))) {
            report(run(statement));
        }
    }
    write_history(history.c_str());
    std::filesystem::permissions(history, std::filesystem::perms(0600), ignored);
    return kSuccess;
}

}  // namespace

ExitCode runStoreSql(const StoreOptions& options, StoreRoute& route) {
    Shell shell(options, route);
    if (!options.sql.empty() && options.sql != "-") {
        return shell.script(options.sql);
    }
    if (options.sql == "-" || ::isatty(STDIN_FILENO) == 0) {
        return shell.script({std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()});
    }
    return shell.interactive();
}

ExitCode runStoreMapReduce(const StoreOptions& options, StoreRoute& route) {
    const auto time = options.timeout_ms == 0 ? kUsualTime : std::chrono::milliseconds(options.timeout_ms);
    const auto done = route.atBest(time, [&](client::StoreClient& member) {
        return printRows(options.format, options.style, [&](const client::StoreClient::RowSink& sink) {
            return member.mapReduce(options.map_reduce, time, sink);
        });
    });
    return done ? kSuccess : reportError(done.error(), exitCodeOf(done.error()));
}

}  // namespace tessera::cli

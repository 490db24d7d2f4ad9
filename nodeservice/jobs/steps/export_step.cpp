#include "nodeservice/jobs/steps/export_step.h"

#include "common/strings.h"
#include "nodeservice/jobs/definition/read.h"
#include "nodeservice/jobs/steps/export_by_source.h"
#include "nodeservice/jobs/steps/export_files.h"
#include "nodeservice/jobs/steps/export_source.h"
#include "nodeservice/jobs/steps/export_writer.h"
#include "nodeservice/jobs/steps/sql_steps.h"

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <thread>
#include <utility>

namespace tessera::jobs {

namespace {

/// Rows go to the writer so many bytes at a time, not each by itself.
constexpr std::size_t kPushBytes = std::size_t{256} << 10U;

/// Without the semicolon at its end.
std::string bareQuery(std::string query) {
    while (!query.empty() && (query.back() == ';' || query.back() == ' ' || query.back() == '\n')) {
        query.pop_back();
    }
    return query;
}

/// A query as a relation: a line of its own, as it may end in a comment.
std::string relationOf(const std::string& query) {
    return "(" + query + "\n) AS source";
}

std::string listOf(const std::vector<std::string>& names) {
    std::vector<std::string> quoted;
    for (const std::string& name : names) {
        quoted.push_back(quoteIdentifier(name));
    }
    return join(quoted, ", ");
}

std::string copyToSql(const ExportStep& step, const std::string& draft) {
    const std::string format = kExportFormatNames.at(static_cast<std::size_t>(step.format));
    std::string options = "FORMAT " + format + (step.format == ExportFormat::kCsv ? ", HEADER" : "");
    if (!step.partition_by.empty()) {
        options += ", PARTITION_BY (" + listOf(step.partition_by) + "), OVERWRITE_OR_IGNORE";
    }
    return std::string("COPY (SELECT * FROM ") + FileWriter::kRows + ") TO " + quoteLiteral(draft) + " (" + options +
           ")";
}

/// PostgreSQL's rows into the queue. Returns their number.
Result<std::int64_t> pump(pg_conn* connection, const std::string& copy, RowQueue& queue, const StepAttempt& attempt) {
    const postgres::ResultHandle begun(PQexec(connection, copy.c_str()));
    if (PQresultStatus(begun.get()) != PGRES_COPY_OUT) {
        return postgres::errorOf(begun.get());
    }
    Result<> pushed;
    std::string waiting;
    const auto pushWaiting = [&] {
        if (!queue.push(std::exchange(waiting, {}), [&attempt] { return attempt.isStopped(); })) {
            pushed = fail(ErrorCode::kCancelled, "the files' writer has ended");
            cancelRest(connection);
        }
    };
    while (true) {
        char* data = nullptr;
        const int size = PQgetCopyData(connection, &data, 0);
        if (size < 0) {
            break;
        }
        if (pushed) {
            if (waiting.empty()) {
                waiting.reserve(kPushBytes + kPushBytes / 4);
            }
            waiting.append(data, static_cast<std::size_t>(size));
            if (waiting.size() >= kPushBytes) {
                pushWaiting();
            }
        }
        PQfreemem(data);
    }
    if (pushed && !waiting.empty()) {
        pushWaiting();
    }
    std::int64_t rows = 0;
    Result<> ended;
    while (const postgres::ResultHandle result{PQgetResult(connection)}) {
        if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
            ended = postgres::errorOf(result.get());
        } else {
            const std::string count = PQcmdTuples(const_cast<PGresult*>(result.get()));
            std::from_chars(count.data(), count.data() + count.size(), rows);
        }
    }
    TSR_TRY(pushed);
    TSR_TRY(ended);
    return rows;
}

Result<std::int64_t> writeByDuckDb(postgres::Connection& connection, StepAttempt& attempt, const ExportStep& step,
                                   const std::string& query, const std::vector<ExportColumn>& columns,
                                   const std::filesystem::path& draft, const ExportOptions& options) {
    const DuckDbLibrary& duckdb = *TSR_TRY(duckDbLibrary(options.duckdb));
    RowQueue queue;
    RowReader reader(duckdb, columns, queue);
    FileWriter writer(duckdb, copyToSql(step, draft.string()), reader, queue);
    const auto rows = pump(connection.handle(), copyOutSql(columns, query), queue, attempt);
    if (rows) {
        queue.finish();
    } else {
        queue.abandon();
        writer.interrupt();
    }
    while (!writer.isDone()) {
        if (attempt.isStopped()) {
            writer.interrupt();
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    // What the writer says is why the rows could not be sent, not the other way round.
    if (!rows && rows.error().code != ErrorCode::kCancelled) {
        return rows;
    }
    TSR_TRY(writer.result());
    return rows;
}

std::string manifestOf(const StepTask& task, std::int64_t rows) {
    return "{\"job\": \"" + task.definition->name + "\", \"step\": \"" + task.step.name +
           "\", \"run\": " + std::to_string(task.run) + ", \"rows\": " + std::to_string(rows) + "}\n";
}

/// DuckDB's names differ in more than case; a workbook's are only text.
Result<> checkNames(const ExportStep& step, const std::vector<ExportColumn>& columns) {
    std::map<std::string, std::string> seen;
    for (const ExportColumn& column : columns) {
        const auto [other, is_new] = seen.emplace(toLowerAscii(column.name), column.name);
        if (!is_new && step.format != ExportFormat::kXlsx) {
            return fail(ErrorCode::kInvalidArgument,
                        "the query's columns '" + other->second + "' and '" + column.name +
                            "' differ only by case, which a file's columns cannot",
                        "give one of them another name: \"" + column.name + "\" AS other, or export to xlsx");
        }
    }
    return {};
}

Result<> checkPartitions(const ExportStep& step, const std::vector<ExportColumn>& columns) {
    std::vector<std::string> names;
    for (const ExportColumn& column : columns) {
        names.push_back(column.name);
    }
    for (const std::string& name : step.partition_by) {
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            return fail(ErrorCode::kInvalidArgument, "the query has no column '" + name + "' to divide files by",
                        suggestion(name, names));
        }
    }
    if (step.format == ExportFormat::kXlsx && !step.partition_by.empty()) {
        return fail(ErrorCode::kInvalidArgument, "workbooks cannot be divided by columns", "export to parquet or csv");
    }
    if (step.partition_by.size() >= columns.size()) {
        return fail(ErrorCode::kInvalidArgument, "no column is left for the files",
                    "a column that divides files is not in them");
    }
    return {};
}

/// Into the draft; returns the number of rows.
Result<std::int64_t> writeRows(postgres::Connection& connection, StepAttempt& attempt, const ExportStep& step,
                               const std::string& query, const std::vector<ExportColumn>& columns,
                               const std::filesystem::path& draft, const ExportOptions& options) {
    const std::string relation = relationOf(query);
    if (step.format == ExportFormat::kXlsx) {
        return writeWorkbook(connection, relation, columns, draft.string());
    }
    if (step.partition_by.empty()) {
        const std::string format = kExportFormatNames.at(static_cast<std::size_t>(step.format));
        if (const auto rows = TSR_TRY(writeBySource(connection, attempt, query, format, draft))) {
            return *rows;
        }
    }
    return writeByDuckDb(connection, attempt, step, relation, columns, draft, options);
}

Result<StepResult> exportToBucket(postgres::Connection& connection, StepAttempt& attempt, const ExportStep& step,
                                  const std::string& query, const std::vector<ExportColumn>& columns,
                                  const std::string& to, const ExportOptions& options) {
    static const std::vector<S3Bucket> kNone;
    const S3Place place = TSR_TRY(s3Place(to, options.buckets ? *options.buckets : kNone));
    if (!step.partition_by.empty()) {
        return fail(ErrorCode::kInvalidArgument, "an export to a bucket is one object: it cannot be divided by columns",
                    "export to a folder, or one object for each value by jobs with a parameter");
    }
    const ExportDraft draft = TSR_TRY(ExportDraft::create(
        options.scratch / attempt.task().step.name, ExportDraft::Kind::kFile, std::to_string(attempt.task().run)));
    const std::int64_t rows = TSR_TRY(writeRows(connection, attempt, step, query, columns, draft.path(), options));
    if (attempt.isStopped()) {
        return StepAttempt::stopped();
    }
    TSR_TRY(putFile(place, draft.path(), attempt));
    std::error_code ignored;
    const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(draft.path(), ignored));
    attempt.tell("wrote " + to);
    return StepResult{rows, bytes};
}

Result<StepResult> exportWithin(postgres::Connection& connection, StepAttempt& attempt, const ExportStep& step,
                                const ExportOptions& options) {
    const StepTask& task = attempt.task();
    const std::string query = bareQuery(TSR_TRY(fill(step.query, task.values, TemplateKind::kSql)));
    const std::string to = TSR_TRY(fill(step.to, task.values, TemplateKind::kPath));
    const auto columns = TSR_TRY(describeQuery(connection, relationOf(query)));
    TSR_TRY(checkNames(step, columns));
    TSR_TRY(checkPartitions(step, columns));
    if (isS3(to)) {
        return exportToBucket(connection, attempt, step, query, columns, to, options);
    }
    const std::filesystem::path target = TSR_TRY(exportTarget(to, options.folders));
    ExportDraft draft = TSR_TRY(
        ExportDraft::create(target, step.partition_by.empty() ? ExportDraft::Kind::kFile : ExportDraft::Kind::kFolder,
                            std::to_string(task.run)));
    const std::int64_t rows = TSR_TRY(writeRows(connection, attempt, step, query, columns, draft.path(), options));
    if (attempt.isStopped()) {
        return StepAttempt::stopped();
    }
    const std::int64_t bytes = TSR_TRY(draft.takePlace(manifestOf(task, rows)));
    attempt.tell("wrote " + to);
    return StepResult{rows, bytes};
}

}  // namespace

Result<StepResult> runExport(postgres::Connection& connection, StepAttempt& attempt, const ExportStep& step,
                             const ExportOptions& options) {
    TSR_TRY(
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL datestyle = 'ISO, YMD'; "
                           "SET LOCAL bytea_output = 'hex'; SET LOCAL timezone = 'UTC'; " +
                           std::string(kTellRemote)));
    auto result = exportWithin(connection, attempt, step, options);
    static_cast<void>(connection.execute("ROLLBACK"));
    return result;
}

}  // namespace tessera::jobs

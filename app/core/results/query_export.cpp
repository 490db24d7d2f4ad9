#include "app/core/results/query_export.h"

#include "app/core/output/statement_stream.h"

#include <utility>
#include <variant>

namespace tessera::app {

namespace {

/// How soon a stop is seen while nothing comes.
constexpr std::chrono::milliseconds kStopCheck{100};

Result<> writeRows(StatementStream& stream, client::RunningQuery& running, RowWriter& writer, TaskControl& control) {
    bool has_columns = false;
    while (!control.isCancelled()) {
        const auto event = stream.nextWithin(kStopCheck);
        if (!event) {
            continue;
        }
        if (const auto* columns = std::get_if<StatementStream::Columns>(&*event)) {
            has_columns = true;
            TSR_TRY(writer.begin(*columns));
        } else if (const auto* batch = std::get_if<StatementStream::Batch>(&*event)) {
            TSR_TRY(writer.batch(**batch));
            control.advance((*batch)->rowCount());
            running.release();
        } else if (const auto* end = std::get_if<StatementStream::End>(&*event)) {
            if (!*end) {
                return end->error();
            }
            return has_columns ? writer.end()
                               : Result<>(fail(ErrorCode::kInvalidArgument, "the statement has no rows to export"));
        }
    }
    return TaskControl::cancelled();
}

}  // namespace

Result<std::uint64_t> exportQuery(client::StatementExecutor& executor, client::QueryRequest request,
                                  const ExportOptions& options, const std::filesystem::path& path,
                                  TaskControl& control) {
    const std::unique_ptr<ExportFile> file = TSR_TRY(ExportFile::create(options, path));
    const auto stream = std::make_shared<StatementStream>();
    // Cancelled by its end, also where a row cannot be written.
    const std::unique_ptr<client::RunningQuery> running = executor.execute(std::move(request), stream);
    TSR_TRY(writeRows(*stream, *running, file->rows(), control));
    TSR_TRY(file->commit());
    return control.done();
}

}  // namespace tessera::app

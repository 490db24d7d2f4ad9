#include "nodeservice/jobs/steps/export_by_source.h"

#include "common/process.h"
#include "common/strings.h"
#include "nodeservice/jobs/steps/export_source.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace tessera::jobs {

namespace {

Result<> writeAll(int file, const char* bytes, std::size_t size) {
    while (size > 0) {
        const ssize_t written = ::write(file, bytes, size);
        if (written < 0 && errno != EINTR) {
            return fail(ErrorCode::kFailedPrecondition,
                        std::string("the files could not be written: ") + std::strerror(errno));
        }
        bytes += std::max<ssize_t>(written, 0);
        size -= static_cast<std::size_t>(std::max<ssize_t>(written, 0));
    }
    return {};
}

FileDescriptor make(const std::filesystem::path& path) {
    return FileDescriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
}

/// Rows of one bytea, behind each other into a file that is made for the first of them. Is there one?
Result<bool> pumpPieces(pg_conn* connection, const std::filesystem::path& path) {
    FileDescriptor file;
    Result<> done;
    PQsetSingleRowMode(connection);
    while (const postgres::ResultHandle result{PQgetResult(connection)}) {
        const ExecStatusType status = PQresultStatus(result.get());
        if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK) {
            done = done ? Result<>(postgres::errorOf(result.get())) : done;
        }
        if (status != PGRES_SINGLE_TUPLE || !done) {
            continue;
        }
        if (!file) {
            file = make(path);
        }
        done = file ? writeAll(file.get(), PQgetvalue(result.get(), 0, 0),
                               static_cast<std::size_t>(PQgetlength(result.get(), 0, 0)))
                    : Result<>(fail(ErrorCode::kFailedPrecondition, "the files could not be written: '" +
                                                                        path.string() + "': " + std::strerror(errno)));
        if (!done) {
            cancelRest(connection);
        }
    }
    TSR_TRY(done);
    return static_cast<bool>(file);
}

}  // namespace

Result<std::optional<std::int64_t>> writeBySource(postgres::Connection& connection, StepAttempt& attempt,
                                                  const std::string& query, const std::string& format,
                                                  const std::filesystem::path& file) {
    const auto known = TSR_TRY(connection.queryValue("SELECT pg_catalog.to_regproc('tessera.file_of')"));
    if (!known) {
        return std::optional<std::int64_t>();  // a PostgreSQL without the extension
    }
    // Not as a parameter: whoever audits reads what was asked.
    const std::string statement =
        "SELECT tessera.file_of(" + quoteLiteral(query) + ", " + quoteLiteral(format) + ", false)";
    constexpr int kBinary = 1;
    if (PQsendQueryParams(connection.handle(), statement.c_str(), 0, nullptr, nullptr, nullptr, nullptr, kBinary) ==
        0) {
        return postgres::errorOf(connection.handle());
    }
    const bool is_made = TSR_TRY(pumpPieces(connection.handle(), file));
    const auto last = TSR_TRY(connection.query("SELECT rows, refusal FROM tessera.last_file()")).values.at(0);
    if (last.at(1)) {
        attempt.tell("PostgreSQL reads the rows: " + *last.at(1));
        return std::optional<std::int64_t>();
    }
    const std::string rows = last.at(0).value_or("");
    std::int64_t count = 0;
    if (std::from_chars(rows.data(), rows.data() + rows.size(), count).ec != std::errc()) {
        return fail(ErrorCode::kInternal, "the source does not say how many rows it has written");
    }
    // A file without a byte has no pieces: no rows as JSON.
    if (!is_made && !make(file)) {
        return fail(ErrorCode::kFailedPrecondition,
                    "the files could not be written: '" + file.string() + "': " + std::strerror(errno));
    }
    attempt.tell("the source has written the file itself, " + rows + " rows");
    return std::optional<std::int64_t>(count);
}

}  // namespace tessera::jobs

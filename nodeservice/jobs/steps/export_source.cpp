#include "nodeservice/jobs/steps/export_source.h"

#include "common/strings.h"

#include <libpq-fe.h>
#include <xlsxwriter.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <memory>
#include <set>

namespace tessera::jobs {

namespace {

/// A sheet's rows, of which the first has the names.
constexpr std::int64_t kSheetRows = 1'048'576;
constexpr int kDigitsOfExcel = 15;

struct BookCloser {
    void operator()(lxw_workbook* book) const { workbook_close(book); }
};

Error sheetError(lxw_error code, std::int64_t row, const std::string& column) {
    return fail(
        ErrorCode::kInvalidArgument,
        "row " + std::to_string(row) + ", column '" + column + "' cannot be in a workbook: " + lxw_strerror(code),
        "export to parquet or csv, or shorten the value");
}

Result<> findOutputs(postgres::Connection& connection, std::vector<ExportColumn>& columns) {
    std::vector<std::string> types;
    for (const ExportColumn& column : columns) {
        types.push_back(std::to_string(column.type));
    }
    const auto rows = TSR_TRY(connection.query(
        "SELECT t.oid, pg_catalog.format('%I.%I', n.nspname, p.proname) FROM pg_catalog.pg_type t "
        "JOIN pg_catalog.pg_proc p ON p.oid = t.typoutput JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace "
        "WHERE t.oid = ANY ($1::pg_catalog.oid[])",
        {"{" + join(types, ",") + "}"}));
    std::map<std::string, std::string> outputs;
    for (const auto& row : rows.values) {
        outputs.emplace(row.at(0).value_or(""), row.at(1).value_or(""));
    }
    for (ExportColumn& column : columns) {
        column.output = outputs[std::to_string(column.type)];
    }
    return {};
}

}  // namespace

Result<std::vector<ExportColumn>> describeQuery(postgres::Connection& connection, const std::string& query) {
    const postgres::ResultHandle result(PQexec(connection.handle(), ("SELECT * FROM " + query + " LIMIT 0").c_str()));
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) {
        return postgres::errorOf(result.get());
    }
    std::vector<ExportColumn> columns;
    std::set<std::string> names;
    for (int i = 0; i < PQnfields(result.get()); ++i) {
        columns.push_back({PQfname(result.get(), i), PQftype(result.get(), i), PQfmod(result.get(), i)});
        if (!names.insert(columns.back().name).second) {
            return fail(ErrorCode::kInvalidArgument, "the query has two columns '" + columns.back().name + "'",
                        "give one of them another name: … AS other");
        }
    }
    if (columns.empty()) {
        return fail(ErrorCode::kInvalidArgument, "the query has no columns");
    }
    TSR_TRY(findOutputs(connection, columns));
    return columns;
}

void cancelRest(pg_conn* connection) {
    std::array<char, 256> ignored{};
    PGcancel* cancel = PQgetCancel(connection);
    PQcancel(cancel, ignored.data(), ignored.size());
    PQfreeCancel(cancel);
}

bool isNumberForExcel(const ExportColumn& column, const std::string& text) {
    static const std::set<std::uint32_t> kNumbers = {kPgBigint, kPgSmallint, kPgInteger,
                                                     kPgReal,   kPgDouble,   kPgNumeric};
    const auto digits = std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    return kNumbers.contains(column.type) && digits > 0 && digits <= kDigitsOfExcel;
}

Result<std::int64_t> writeWorkbook(postgres::Connection& connection, const std::string& query,
                                   const std::vector<ExportColumn>& columns, const std::string& path) {
    lxw_workbook_options options{};
    options.constant_memory = 1;
    std::unique_ptr<lxw_workbook, BookCloser> book(workbook_new_opt(path.c_str(), &options));
    if (!book) {
        return fail(ErrorCode::kFailedPrecondition, "cannot write '" + path + "'");
    }
    lxw_worksheet* sheet = nullptr;
    std::int64_t rows = 0;
    std::int64_t row_of_sheet = kSheetRows;
    const auto add = [&](const PGresult* row) -> Result<> {
        if (row_of_sheet == kSheetRows) {
            sheet = workbook_add_worksheet(book.get(), nullptr);
            for (std::size_t i = 0; i < columns.size(); ++i) {
                worksheet_write_string(sheet, 0, static_cast<lxw_col_t>(i), columns[i].name.c_str(), nullptr);
            }
            row_of_sheet = 1;
        }
        for (int i = 0; row != nullptr && i < static_cast<int>(columns.size()); ++i) {
            const ExportColumn& column = columns[static_cast<std::size_t>(i)];
            if (PQgetisnull(row, 0, i) != 0) {
                continue;
            }
            const std::string text(PQgetvalue(row, 0, i), static_cast<std::size_t>(PQgetlength(row, 0, i)));
            const auto at = static_cast<lxw_row_t>(row_of_sheet);
            double number = 0;
            std::from_chars(text.data(), text.data() + text.size(), number);
            const lxw_error code =
                isNumberForExcel(column, text)
                    ? worksheet_write_number(sheet, at, static_cast<lxw_col_t>(i), number, nullptr)
                : column.type == kPgBoolean
                    ? worksheet_write_boolean(sheet, at, static_cast<lxw_col_t>(i), text == "t" ? 1 : 0, nullptr)
                    : worksheet_write_string(sheet, at, static_cast<lxw_col_t>(i), text.c_str(), nullptr);
            if (code != LXW_NO_ERROR) {
                return sheetError(code, rows + 1, column.name);
            }
        }
        row_of_sheet += row != nullptr ? 1 : 0;
        rows += row != nullptr ? 1 : 0;
        return {};
    };
    TSR_TRY(add(nullptr));
    if (PQsendQuery(connection.handle(), ("SELECT * FROM " + query).c_str()) == 0) {
        return postgres::errorOf(connection.handle());
    }
    PQsetSingleRowMode(connection.handle());
    Result<> done;
    while (const postgres::ResultHandle result{PQgetResult(connection.handle())}) {
        const ExecStatusType status = PQresultStatus(result.get());
        if (status == PGRES_SINGLE_TUPLE && done) {
            done = add(result.get());
        } else if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK && done) {
            done = postgres::errorOf(result.get());
        }
    }
    TSR_TRY(done);
    const lxw_error code = workbook_close(book.release());
    if (code != LXW_NO_ERROR) {
        return fail(ErrorCode::kFailedPrecondition, "cannot write '" + path + "': " + lxw_strerror(code));
    }
    return rows;
}

}  // namespace tessera::jobs

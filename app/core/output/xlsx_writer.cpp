#include "app/core/output/xlsx_writer.h"

#include "app/core/text/utf8.h"

#include <unistd.h>
#include <xlsxwriter.h>

#include <charconv>
#include <cmath>
#include <cstdio>

namespace tessera::app {

namespace {

constexpr std::size_t kSheetRows = 1'048'576;
constexpr std::size_t kSheetColumns = 16'384;
constexpr std::size_t kCellCharacters = 32'767;
/// Excel shows and keeps fifteen significant digits.
constexpr int kDigits = 15;

/// Nothing where Excel would change the number.
std::optional<double> exactNumber(const std::string& text) {
    int digits = 0;
    for (const char c : text) {
        if (c == 'e' || c == 'E') {
            break;
        }
        digits += c >= '0' && c <= '9' && (digits > 0 || c != '0') ? 1 : 0;
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_whole = error == std::errc() && end == text.data() + text.size();
    return is_whole && std::isfinite(value) && digits <= kDigits ? std::optional(value) : std::nullopt;
}

std::size_t utf16Length(const std::string& text) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t bytes = characterLength(text, i);
        length += bytes == 4 ? 2 : 1;
        i += bytes;
    }
    return length;
}

/// libxlsxwriter writes what it gets; XML allows neither bytes that are no UTF-8 nor most control characters.
std::string xmlText(const std::string& text) {
    std::string clean;
    clean.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t bytes = characterLength(text, i);
        const auto first = static_cast<unsigned char>(text[i]);
        if (bytes == 1 && first >= 0x80) {
            clean += "\uFFFD";
        } else {
            clean.append(text, i, bytes);
        }
        i += bytes;
    }
    return clean;
}

}  // namespace

struct XlsxWriter::Book {
    explicit Book(std::string partial_path) : partial(std::move(partial_path)) {
        lxw_workbook_options options{};
        options.constant_memory = LXW_TRUE;
        book = workbook_new_opt(partial.c_str(), &options);
        header = book == nullptr ? nullptr : workbook_add_format(book);
        if (header != nullptr) {
            format_set_bold(header);
        }
    }

    /// The library has no other way to let go of a workbook than to write it.
    ~Book() {
        if (book != nullptr) {
            workbook_close(book);
        }
        ::unlink(partial.c_str());
    }

    Book(const Book&) = delete;
    Book& operator=(const Book&) = delete;

    std::string partial;
    lxw_workbook* book = nullptr;
    lxw_format* header = nullptr;
    lxw_worksheet* sheet = nullptr;
    lxw_row_t row = 0;
    int sheets = 0;
};

XlsxWriter::XlsxWriter(std::filesystem::path path) : path_(std::move(path)) {}

XlsxWriter::~XlsxWriter() = default;

Result<> XlsxWriter::begin(const std::vector<client::ResultColumn>& columns) {
    if (columns.size() > kSheetColumns) {
        return fail(ErrorCode::kInvalidArgument, "a sheet has room for 16,384 columns, the result has more",
                    "choose another format");
    }
    columns_ = columns;
    book_ = std::make_unique<Book>(path_.string() + ".partial");
    if (book_->book == nullptr) {
        return fail(ErrorCode::kInvalidArgument, "cannot write '" + path_.string() + "'",
                    "choose a file in a folder you may write to");
    }
    return addSheet();
}

Result<> XlsxWriter::addSheet() {
    Book& book = *book_;
    ++book.sheets;
    const std::string name = book.sheets == 1 ? "Result" : "Result " + std::to_string(book.sheets);
    book.sheet = workbook_add_worksheet(book.book, name.c_str());
    for (std::size_t column = 0; column < columns_.size(); ++column) {
        worksheet_write_string(book.sheet, 0, static_cast<lxw_col_t>(column), xmlText(columns_[column].name).c_str(),
                               book.header);
    }
    worksheet_freeze_panes(book.sheet, 1, 0);
    book.row = 1;
    return {};
}

Result<> XlsxWriter::batch(const client::ResultBatch& batch) {
    for (std::size_t row = 0; row < batch.rowCount(); ++row) {
        if (book_->row == kSheetRows) {
            TSR_TRY(addSheet());
        }
        for (std::size_t column = 0; column < batch.columnCount(); ++column) {
            if (!batch.isNull(row, column)) {
                TSR_TRY(writeCell(batch, row, column));
            }
        }
        ++book_->row;
    }
    return {};
}

Result<> XlsxWriter::writeCell(const client::ResultBatch& batch, std::size_t row, std::size_t column) {
    const std::string text = batch.text(row, column);
    const auto at = static_cast<lxw_col_t>(column);
    const CellKind kind = cellKindOf(columns_[column]);
    lxw_error error = LXW_NO_ERROR;
    if (kind == CellKind::kBoolean) {
        error = worksheet_write_boolean(book_->sheet, book_->row, at, text == "t" ? 1 : 0, nullptr);
    } else if (const auto number = kind == CellKind::kNumber ? exactNumber(text) : std::nullopt) {
        error = worksheet_write_number(book_->sheet, book_->row, at, *number, nullptr);
    } else if (utf16Length(text) > kCellCharacters) {
        return fail(ErrorCode::kInvalidArgument,
                    "a value in column '" + columns_[column].name +
                        "' is longer than the 32,767 characters that a cell of a workbook holds",
                    "choose another format, or leave the column out");
    } else {
        error = worksheet_write_string(book_->sheet, book_->row, at, xmlText(text).c_str(), nullptr);
    }
    return error == LXW_NO_ERROR
               ? Result<>{}
               : fail(ErrorCode::kDataLoss, "cannot write '" + path_.string() + "': " + lxw_strerror(error));
}

Result<> XlsxWriter::end() {
    const lxw_error error = workbook_close(book_->book);
    book_->book = nullptr;
    if (error != LXW_NO_ERROR) {
        return fail(ErrorCode::kDataLoss, "cannot write '" + path_.string() + "': " + lxw_strerror(error),
                    "see that the disk has room");
    }
    if (std::rename(book_->partial.c_str(), path_.c_str()) != 0) {
        return fail(ErrorCode::kDataLoss, "cannot complete '" + path_.string() + "'");
    }
    return {};
}

}  // namespace tessera::app

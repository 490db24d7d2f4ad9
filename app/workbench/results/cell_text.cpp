// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/cell_text.h"

#include "app/core/text/display_width.h"
#include "app/core/text/utf8.h"

#include <QByteArray>
#include <string_view>

namespace tessera::workbench {

namespace {

std::string wholeText(const client::ResultBatch& batch, std::size_t row, std::size_t column,
                      client::ColumnEncoding encoding) {
    std::string text = batch.text(row, column);
    if (encoding == client::ColumnEncoding::kBool) {
        return text == "t" ? "true" : "false";
    }
    return text;
}

void appendTsvValue(QByteArray& line, std::string_view value) {
    if (value.find_first_of("\t\n\r\"") == std::string_view::npos) {
        line.append(value.data(), static_cast<qsizetype>(value.size()));
        return;
    }
    line += '"';
    for (const char c : value) {
        line += c;
        if (c == '"') {
            line += '"';
        }
    }
    line += '"';
}

Error tooMuch() {
    return fail(ErrorCode::kResourceExhausted, "the selection is too large for the clipboard",
                "select fewer rows, or write the result to a file with 'tessera query --output'");
}

}  // namespace

QString cellPreview(const client::ResultBatch& batch, std::size_t row, std::size_t column,
                    client::ColumnEncoding encoding) {
    if (encoding != client::ColumnEncoding::kText) {
        return QString::fromStdString(wholeText(batch, row, column, encoding));
    }
    const std::string_view value = batch.textView(row, column);
    const std::string_view shown = app::firstCharacters(value, kCellCharactersMax);
    QString preview = QString::fromStdString(app::printable(shown));
    if (shown.size() < value.size()) {
        preview += QChar(0x2026);
    }
    return preview;
}

Result<QString> selectionAsTsv(const app::ResultStore& store, const GridSelection& selection) {
    if (selection.isEmpty()) {
        return QString{};
    }
    if (selection.cellCount() > kCopiedCellsMax) {
        return tooMuch();
    }
    const auto columns = store.columns();
    const GridRange bounds = selection.bounds();
    QByteArray text;
    bool has_lines = false;
    for (std::int64_t row = bounds.top; row <= bounds.bottom; ++row) {
        const app::ResultStore::Position position = store.at(static_cast<std::uint64_t>(row));
        bool is_first = true;
        for (int column = bounds.left; column <= bounds.right; ++column) {
            if (!selection.contains({row, column})) {
                continue;
            }
            if (!is_first) {
                text += '\t';
            } else if (has_lines) {
                text += '\n';
            }
            is_first = false;
            has_lines = true;
            const auto at = static_cast<std::size_t>(column);
            if (!position.batch->isNull(position.row, at)) {
                appendTsvValue(text, wholeText(*position.batch, position.row, at, (*columns)[at].encoding));
            }
        }
        if (static_cast<std::size_t>(text.size()) > kCopiedBytesMax) {
            return tooMuch();
        }
    }
    return QString::fromUtf8(text);
}

}  // namespace tessera::workbench

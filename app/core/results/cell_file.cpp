#include "app/core/results/cell_file.h"

#include <QByteArray>
#include <QSaveFile>

namespace tessera::app {

namespace {

/// Even: two letters are a byte of a bytea.
constexpr std::uint64_t kPartBytes = std::uint64_t{4} << 20U;

Error cannotWrite(const QSaveFile& file) {
    return fail(ErrorCode::kInternal,
                "cannot write '" + file.fileName().toStdString() + "': " + file.errorString().toStdString(),
                "choose another folder, or make room on the disk");
}

}  // namespace

Result<std::uint64_t> writeCell(const ResultView& view, std::uint64_t row, std::size_t column, const QString& path,
                                TaskControl& control) {
    const ResultStore::Position position = TSR_TRY(view.at(row));
    const bool is_bytea = view.columns()[column].type_name == "bytea";
    const std::uint64_t size = position.isNull(column) ? 0 : ResultStore::textSize(position, column);
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly)) {
        return cannotWrite(file);
    }
    std::uint64_t written = 0;
    control.setTotal(size);
    // A bytea's text begins with "\x".
    for (std::uint64_t offset = is_bytea ? 2 : 0; offset < size; offset += kPartBytes) {
        if (control.isCancelled()) {
            return TaskControl::cancelled();
        }
        const std::string text = TSR_TRY(view.store->readText(position, column, offset, kPartBytes));
        QByteArray bytes = QByteArray::fromRawData(text.data(), static_cast<qsizetype>(text.size()));
        if (is_bytea) {
            bytes = QByteArray::fromHex(bytes);
        }
        if (file.write(bytes) != bytes.size()) {
            return cannotWrite(file);
        }
        written += static_cast<std::uint64_t>(bytes.size());
        control.advance(kPartBytes);
    }
    if (!file.commit()) {
        return cannotWrite(file);
    }
    return written;
}

}  // namespace tessera::app

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/plugin/plugin_writer.h"

namespace tessera::workbench {

PluginWriter::PluginWriter(ExporterPlugin& plugin, app::Output& output) : output_(output) {
    buffer_.open(QIODevice::WriteOnly);
    export_ = plugin.createExport(buffer_);
}

Result<> PluginWriter::begin(const std::vector<client::ResultColumn>& columns) {
    if (!export_) {
        return fail(ErrorCode::kInternal, "the plugin has no writer for its format");
    }
    QList<PluginColumn> described;
    for (const client::ResultColumn& column : columns) {
        described += {QString::fromStdString(column.name), QString::fromStdString(column.type_name)};
    }
    return pass(export_->begin(described));
}

Result<> PluginWriter::batch(const client::ResultBatch& batch) {
    row_.resize(batch.columnCount());
    for (std::size_t row = 0; row < batch.rowCount(); ++row) {
        for (std::size_t column = 0; column < batch.columnCount(); ++column) {
            row_[column] = batch.isNull(row, column)
                               ? std::nullopt
                               : std::optional(QByteArray::fromStdString(batch.text(row, column)));
        }
        if (const QString problem = export_->row(row_); !problem.isEmpty()) {
            return pass(problem);
        }
    }
    return pass({});
}

Result<> PluginWriter::end() {
    return pass(export_->end());
}

Result<> PluginWriter::pass(const QString& problem) {
    if (!problem.isEmpty()) {
        return fail(ErrorCode::kInternal, problem.toStdString());
    }
    TSR_TRY(output_.write({buffer_.data().constData(), static_cast<std::size_t>(buffer_.data().size())}));
    buffer_.buffer().clear();
    buffer_.seek(0);
    return {};
}

}  // namespace tessera::workbench

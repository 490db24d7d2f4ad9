// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/jobs/toned_rows.h"

#include "app/core/jobs/job_models.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

namespace tessera::workbench {

TonedRows::TonedRows(QAbstractItemModel* source, QObject* parent) : QSortFilterProxyModel(parent) {
    setSourceModel(source);
    setFilterCaseSensitivity(Qt::CaseInsensitive);
    setFilterKeyColumn(-1);
    setSortRole(app::kJobSortRole);
}

QVariant TonedRows::data(const QModelIndex& index, int role) const {
    if (role != Qt::DecorationRole && role != Qt::ForegroundRole) {
        return QSortFilterProxyModel::data(index, role);
    }
    const QVariant tone = QSortFilterProxyModel::data(index, app::kJobToneRole);
    if (!tone.isValid()) {
        return {};
    }
    const Theme& theme = currentTheme();
    const auto shown = [&](const char* icon_name, const QColor& color) -> QVariant {
        return role == Qt::DecorationRole ? QVariant(icon(icon_name, color)) : QVariant(color);
    };
    switch (static_cast<app::JobTone>(tone.toInt())) {
        case app::JobTone::kActive:
            return shown("run", theme.accent);
        case app::JobTone::kGood:
            return shown("done", theme.success);
        case app::JobTone::kBad:
            return shown("error", theme.error);
        case app::JobTone::kWaiting:
            return shown("waiting", theme.muted_text);
        case app::JobTone::kCalm:
            break;
    }
    return shown("dot", theme.muted_text);
}

}  // namespace tessera::workbench

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/palette/palette_model.h"

#include <QAction>
#include <QStringList>

namespace tessera::workbench {

void PaletteModel::setEntries(std::vector<PaletteEntry> entries) {
    beginResetModel();
    entries_ = std::move(entries);
    endResetModel();
}

const PaletteEntry* PaletteModel::entry(const QModelIndex& index) const {
    const auto row = static_cast<std::size_t>(index.row());
    return index.isValid() && row < entries_.size() ? &entries_[row] : nullptr;
}

int PaletteModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(entries_.size());
}

QVariant PaletteModel::data(const QModelIndex& index, int role) const {
    const PaletteEntry* shown = entry(index);
    if (shown == nullptr) {
        return {};
    }
    switch (role) {
        case Qt::DisplayRole:
            return shown->title;
        case Qt::AccessibleTextRole:
            return QStringList{shown->title, shown->place, shown->note}.join(QStringLiteral(", "));
        default:
            return {};
    }
}

Qt::ItemFlags PaletteModel::flags(const QModelIndex& index) const {
    const PaletteEntry* shown = entry(index);
    const bool is_off = shown != nullptr && shown->action && !shown->action->isEnabled();
    return is_off ? Qt::NoItemFlags : QAbstractListModel::flags(index);
}

std::optional<int> paletteScore(const QString& text, const QString& title) {
    constexpr int kBegin = 300;
    constexpr int kWords = 200;
    const QString folded = title.toLower();
    const QString wanted = text.simplified().toLower();
    const auto length = static_cast<int>(title.size());
    if (folded.startsWith(wanted)) {
        return kBegin - length;
    }
    bool has_all = true;
    for (const QString& word : wanted.split(u' ')) {
        has_all = has_all && folded.contains(word);
    }
    if (has_all) {
        return kWords - length;
    }
    QString letters = wanted;
    letters.remove(u' ');
    return app::fuzzyScore(letters.toStdString(), title.toStdString());
}

}  // namespace tessera::workbench

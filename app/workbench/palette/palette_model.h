// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The rows of the palette: actions, open tabs, and objects of the catalog. GUI thread.

#include "app/core/catalog/mesh_search.h"

#include <QAbstractListModel>
#include <QPointer>
#include <QString>
#include <functional>
#include <vector>

class QAction;

namespace tessera::workbench {

struct PaletteEntry {
    enum class Kind { kAction, kTab, kDocument, kObject };

    Kind kind = Kind::kAction;
    /// What is matched, and shown first.
    QString title;
    /// Grey behind the title: where an object stands, what its comment says.
    QString place;
    /// Grey at the right: an action's keys, a column's type.
    QString note;
    /// Of an action; null when its owner has gone.
    QPointer<QAction> action;
    /// Of an open tab.
    int tab = -1;
    /// Of an object.
    app::FoundName object;
    /// Of a saved query or a file: what is looked through besides the title, and what shows it.
    QString words;
    std::function<void()> open;

    /// Whether both lead to the same, as somebody who reads them would say.
    bool isSameAs(const PaletteEntry& other) const {
        return kind == other.kind && title == other.title && place == other.place && note == other.note;
    }
};

class PaletteModel : public QAbstractListModel {
    Q_OBJECT

  public:
    using QAbstractListModel::QAbstractListModel;

    void setEntries(std::vector<PaletteEntry> entries);

    /// Null for an index that is none.
    const PaletteEntry* entry(const QModelIndex& index) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

  private:
    std::vector<PaletteEntry> entries_;
};

/// How near an action or a tab is to the text: every word must be in it, or its letters in order. None when it is not.
std::optional<int> paletteScore(const QString& text, const QString& title);

}  // namespace tessera::workbench

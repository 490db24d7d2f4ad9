// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/library/queries_model.h"

#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QMimeData>
#include <algorithm>

namespace tessera::workbench {

namespace {

using Kind = app::LibraryItem::Kind;

const QString kMimeType = QStringLiteral("application/x-tessera-saved-query");

bool hasWords(const app::LibraryItem& item, const QStringList& words) {
    return std::all_of(words.begin(), words.end(), [&](const QString& word) {
        return item.name.contains(word, Qt::CaseInsensitive) || item.text.contains(word, Qt::CaseInsensitive) ||
               item.note.contains(word, Qt::CaseInsensitive);
    });
}

}  // namespace

QueriesModel::QueriesModel(app::Library& library, QObject* parent) : QAbstractItemModel(parent), library_(library) {
    connect(&library_, &app::Library::changed, this, &QueriesModel::rebuild);
    rebuild();
}

void QueriesModel::setFilter(const QString& words) {
    filter_ = words;
    rebuild();
}

void QueriesModel::rebuild() {
    beginResetModel();
    root_.children.clear();
    const QStringList words = filter_.split(u' ', Qt::SkipEmptyParts);
    if (words.isEmpty()) {
        addChildren(root_, 0);
    } else {
        for (const app::LibraryItem& item : library_.items()) {
            if (item.kind == Kind::kQuery && hasWords(item, words)) {
                root_.children.push_back(std::make_unique<Node>(Node{item, nullptr, {}}));
            }
        }
    }
    endResetModel();
}

void QueriesModel::addChildren(Node& folder, int depth) {
    // Two workbenches could make a circle of folders; and what is in a folder that is gone stands at the top.
    constexpr int kDeepest = 32;
    const bool is_root = &folder == &root_;
    for (const app::LibraryItem& item : library_.items()) {
        const bool is_here = is_root ? library_.find(item.folder) == nullptr : item.folder == folder.item.id;
        if (item.kind == Kind::kSnippet || !is_here) {
            continue;
        }
        folder.children.push_back(std::make_unique<Node>(Node{item, is_root ? nullptr : &folder, {}}));
        if (item.kind == Kind::kFolder && depth < kDeepest) {
            addChildren(*folder.children.back(), depth + 1);
        }
    }
}

const QueriesModel::Node* QueriesModel::nodeOf(const QModelIndex& index) const {
    return index.isValid() ? static_cast<const Node*>(index.internalPointer()) : &root_;
}

const app::LibraryItem* QueriesModel::item(const QModelIndex& index) const {
    return index.isValid() ? &nodeOf(index)->item : nullptr;
}

const QueriesModel::Node* QueriesModel::find(const Node& from, qint64 id) {
    for (const auto& child : from.children) {
        if (child->item.id == id) {
            return child.get();
        }
        if (const Node* found = find(*child, id)) {
            return found;
        }
    }
    return nullptr;
}

QModelIndex QueriesModel::indexOf(qint64 id) const {
    return indexOf(find(root_, id));
}

QModelIndex QueriesModel::indexOf(const Node* node) const {
    if (node == nullptr) {
        return {};
    }
    const auto& siblings = node->parent != nullptr ? node->parent->children : root_.children;
    const auto at = std::find_if(siblings.begin(), siblings.end(), [&](const auto& one) { return one.get() == node; });
    return createIndex(static_cast<int>(at - siblings.begin()), 0, node);
}

QModelIndex QueriesModel::index(int row, int column, const QModelIndex& parent) const {
    const Node* folder = nodeOf(parent);
    if (row < 0 || column != 0 || static_cast<std::size_t>(row) >= folder->children.size()) {
        return {};
    }
    return createIndex(row, column, folder->children[static_cast<std::size_t>(row)].get());
}

QModelIndex QueriesModel::parent(const QModelIndex& index) const {
    return index.isValid() ? indexOf(nodeOf(index)->parent) : QModelIndex();
}

int QueriesModel::rowCount(const QModelIndex& parent) const {
    return parent.column() > 0 ? 0 : static_cast<int>(nodeOf(parent)->children.size());
}

int QueriesModel::columnCount(const QModelIndex&) const {
    return 1;
}

QVariant QueriesModel::data(const QModelIndex& index, int role) const {
    const app::LibraryItem* shown = item(index);
    if (shown == nullptr) {
        return {};
    }
    switch (role) {
        case Qt::DisplayRole:
        case Qt::EditRole:
            return shown->name;
        case Qt::DecorationRole:
            return icon(shown->kind == Kind::kFolder ? "schema" : "query", currentTheme().muted_text);
        case Qt::ToolTipRole: {
            const QString path = folderPath(library_, *shown);
            return path.isEmpty()          ? shown->note
                   : shown->note.isEmpty() ? path
                                           : path + QStringLiteral(" · ") + shown->note;
        }
        default:
            return {};
    }
}

bool QueriesModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    const app::LibraryItem* edited = item(index);
    const QString name = value.toString().simplified();
    if (edited == nullptr || role != Qt::EditRole || name.isEmpty() || name == edited->name) {
        return false;
    }
    library_.rename(edited->id, name);
    return true;
}

Qt::ItemFlags QueriesModel::flags(const QModelIndex& index) const {
    const app::LibraryItem* shown = item(index);
    if (shown == nullptr) {
        return Qt::ItemIsDropEnabled;
    }
    const Qt::ItemFlags flags = Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsEditable | Qt::ItemIsDragEnabled;
    return shown->kind == Kind::kFolder ? flags | Qt::ItemIsDropEnabled : flags | Qt::ItemNeverHasChildren;
}

QStringList QueriesModel::mimeTypes() const {
    return {kMimeType};
}

QMimeData* QueriesModel::mimeData(const QModelIndexList& indexes) const {
    auto* data = new QMimeData;
    if (const app::LibraryItem* dragged = item(indexes.value(0))) {
        data->setData(kMimeType, QByteArray::number(dragged->id));
        // Into an editor it goes as what it says.
        if (dragged->kind == Kind::kQuery) {
            data->setText(dragged->text);
        }
    }
    return data;
}

bool QueriesModel::dropMimeData(const QMimeData* data, Qt::DropAction, int, int, const QModelIndex& parent) {
    const qint64 id = data->data(kMimeType).toLongLong();
    const app::LibraryItem* folder = item(parent);
    if (id == 0) {
        return false;
    }
    library_.move(id, folder != nullptr ? folder->id : 0);
    // The view must take nothing away by itself.
    return false;
}

}  // namespace tessera::workbench

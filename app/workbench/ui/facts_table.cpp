// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/ui/facts_table.h"

#include <QEvent>
#include <QHeaderView>
#include <QHelpEvent>
#include <QStandardItemModel>
#include <QStyle>
#include <QToolTip>
#include <QTreeView>
#include <algorithm>
#include <numeric>

namespace tessera::workbench {

namespace {

constexpr int kRowHeight = 24;
constexpr int kPadding = 3;
/// Of the first column at the left and of the last at the right, more than of the others.
constexpr int kIndent = 9;
constexpr int kColumnWidthMax = 420;
/// Between a column's longest text and the next column.
constexpr int kGap = 20;
/// What the last column keeps, if its texts are longer, before others lose any of their width.
constexpr int kLastWidth = 240;

int outdent(const QModelIndex& index) {
    return index.column() == index.model()->columnCount() - 1 ? kIndent : 0;
}

/// Widths for columns whose texts need `texts` and whose headings need `headings`, the last of which takes the rest:
/// their sum is `available`, or what the headings need.
QList<int> fittedWidths(const QList<int>& texts, const QList<int>& headings, int available) {
    const int last = static_cast<int>(texts.size()) - 1;
    int excess =
        std::accumulate(texts.begin(), texts.begin() + last, 0) + std::min(texts[last], kLastWidth) - available;
    const int gap = last == 0 ? 0 : std::clamp(-excess / last, 0, kGap);
    excess += gap * last;
    QList<int> widths = texts;
    std::for_each(widths.begin(), widths.begin() + last, [gap](int& width) { width += gap; });
    widths[last] = std::min(texts[last], kLastWidth);
    for (; excess > 0; --excess) {
        int widest = -1;
        for (int column = 0; column < last; ++column) {
            if (widths[column] > headings[column] && (widest < 0 || widths[column] > widths[widest])) {
                widest = column;
            }
        }
        if (widest < 0) {
            break;
        }
        --widths[widest];
    }
    return widths;
}

/// Fits a table's columns again when its width has changed.
class ColumnFitter : public QObject {
  public:
    explicit ColumnFitter(QTreeView* table) : QObject(table), table_(table) {
        table->viewport()->installEventFilter(this);
    }

    void fit() {
        if (!isAsFitted()) {
            return;
        }
        QList<int> shown;
        QList<int> texts;
        QList<int> headings;
        QHeaderView* header = table_->header();
        // Of a column that was stretched the texts' width would not be known.
        const bool stretches = header->stretchLastSection();
        header->setStretchLastSection(false);
        for (int column = 0; column < header->count(); ++column) {
            if (!header->isSectionHidden(column)) {
                table_->resizeColumnToContents(column);
                shown += column;
                texts += std::min(header->sectionSize(column), kColumnWidthMax);
                headings += header->sectionSizeHint(column);
            }
        }
        if (!shown.isEmpty()) {
            const QList<int> widths = fittedWidths(texts, headings, table_->viewport()->width());
            for (int i = 0; i < shown.size(); ++i) {
                header->resizeSection(shown[i], widths[i]);
            }
        }
        header->setStretchLastSection(stretches);
        fitted_ = widthsOfOthers();
    }

    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() == QEvent::Resize && !fitted_.isEmpty()) {
            fit();
        }
        return QObject::eventFilter(watched, event);
    }

  private:
    /// Than the last one that is shown, which is stretched.
    QList<int> widthsOfOthers() const {
        const QHeaderView& header = *table_->header();
        QList<int> widths;
        int last = header.count() - 1;
        while (last > 0 && header.isSectionHidden(last)) {
            --last;
        }
        for (int column = 0; column < header.count(); ++column) {
            widths += column < last ? header.sectionSize(column) : 0;
        }
        return widths;
    }

    /// False once a person has chosen another width.
    bool isAsFitted() const {
        const QList<int> widths = widthsOfOthers();
        return std::equal(widths.begin(), widths.end(), fitted_.begin(), fitted_.end(),
                          [](int now, int then) { return now == then || now == 0 || then == 0; }) ||
               fitted_.isEmpty();
    }

    QTreeView* table_;
    QList<int> fitted_;
};

}  // namespace

FactsDelegate::FactsDelegate(QTreeView* table) : QStyledItemDelegate(table), table_(table) {}

int FactsDelegate::indent(const QModelIndex& index) const {
    // Branches have room of their own.
    return index.column() > 0 || table_->rootIsDecorated() ? 0 : kIndent;
}

QSize FactsDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    return QStyledItemDelegate::sizeHint(option, index) + QSize(indent(index) + outdent(index), 0);
}

void FactsDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QStyleOptionViewItem cell = option;
    if (indent(index) + outdent(index) > 0) {
        // What marks the row goes to its edge.
        initStyleOption(&cell, index);
        table_->style()->drawPrimitive(QStyle::PE_PanelItemViewItem, &cell, painter, table_);
        cell = option;
        cell.rect.adjust(indent(index), 0, -outdent(index), 0);
    }
    QStyledItemDelegate::paint(painter, cell, index);
}

bool FactsDelegate::helpEvent(QHelpEvent* event, QAbstractItemView* view, const QStyleOptionViewItem& option,
                              const QModelIndex& index) {
    const bool is_shortened =
        event->type() == QEvent::ToolTip && sizeHint(option, index).width() > view->visualRect(index).width();
    if (is_shortened && index.data(Qt::ToolTipRole).toString().isEmpty()) {
        QToolTip::showText(event->globalPos(), index.data().toString().toHtmlEscaped(), view);
        return true;
    }
    return QStyledItemDelegate::helpEvent(event, view, option, index);
}

void styleFactsTable(QTreeView* table) {
    table->setRootIsDecorated(false);
    table->setUniformRowHeights(true);
    table->setAlternatingRowColors(true);
    table->setAllColumnsShowFocus(true);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    table->setFrameShape(QFrame::NoFrame);
    // As high as the catalog's rows; the first column begins where labels and buttons above it do.
    table->setStyleSheet(QStringLiteral("QTreeView::item { height: %1px; padding: 0 %2px; }"
                                        // With a padding, what is behind a check box would show beside it.
                                        "QTreeView[checks=\"true\"]::item { padding: 0; }"
                                        "QHeaderView::section { padding: 5px %2px; }"
                                        "QHeaderView::section:first, QHeaderView::section:only-one"
                                        " { padding-left: %3px; }"
                                        "QHeaderView::section:last, QHeaderView::section:only-one"
                                        " { padding-right: %3px; }")
                             .arg(kRowHeight)
                             .arg(kPadding)
                             .arg(kPadding + kIndent));
    table->setItemDelegate(new FactsDelegate(table));
    table->header()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table->header()->setSectionsMovable(false);
}

QTreeView* makeFactsTable(const char* object_name, const QString& accessible_name, const QStringList& headings) {
    auto* table = new QTreeView;
    table->setObjectName(QLatin1String(object_name));
    table->setAccessibleName(accessible_name);
    auto* model = new QStandardItemModel(table);
    model->setHorizontalHeaderLabels(headings);
    table->setModel(model);
    styleFactsTable(table);
    return table;
}

void fitFactsColumns(QTreeView* table) {
    static const QString kName = QStringLiteral("columnFitter");
    auto* fitter = static_cast<ColumnFitter*>(table->findChild<QObject*>(kName, Qt::FindDirectChildrenOnly));
    if (fitter == nullptr) {
        fitter = new ColumnFitter(table);
        fitter->setObjectName(kName);
    }
    fitter->fit();
}

void fillFactsTable(QTreeView* table, const QList<QStringList>& rows) {
    auto* model = qobject_cast<QStandardItemModel*>(table->model());
    const QString current = table->currentIndex().siblingAtColumn(0).data().toString();
    model->removeRows(0, model->rowCount());
    for (const QStringList& row : rows) {
        QList<QStandardItem*> items;
        for (const QString& text : row) {
            auto* item = new QStandardItem(text.simplified());
            item->setToolTip(text.size() > 40 ? text : QString());
            items += item;
        }
        model->appendRow(items);
        if (!current.isEmpty() && items.front()->text() == current) {
            table->setCurrentIndex(items.front()->index());
        }
    }
    for (int column = 0; column < model->columnCount(); ++column) {
        const bool says_something =
            std::any_of(rows.begin(), rows.end(), [&](const QStringList& row) { return !row[column].isEmpty(); });
        table->setColumnHidden(column, column > 0 && !says_something);
    }
    fitFactsColumns(table);
}

}  // namespace tessera::workbench

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/review_dialog.h"

#include "app/core/sql/tokens.h"
#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/theme.h"

#include <QDialogButtonBox>
#include <QEvent>
#include <QLabel>
#include <QPushButton>
#include <QTreeWidget>
#include <QTreeWidgetItemIterator>
#include <QVBoxLayout>

namespace tessera::workbench {

namespace {

constexpr QSize kSize(720, 420);
constexpr qsizetype kShownCharacters = 200;
constexpr int kIsNullRole = Qt::UserRole;

void showValue(QTreeWidgetItem& item, int column, const app::CellValue& value) {
    const QString text = value ? QString::fromStdString(*value) : QStringLiteral("NULL");
    item.setText(column, text.left(kShownCharacters).replace(QLatin1Char('\n'), QStringLiteral(" ⏎ ")));
    item.setToolTip(column, text.left(kShownCharacters * 10));
    item.setFont(column, monospaceFont());
    item.setData(column, kIsNullRole, !value);
}

}  // namespace

ReviewDialog::ReviewDialog(const app::EditTarget& target, const std::vector<Row>& rows, QWidget* parent)
    : QDialog(parent), tree_(new QTreeWidget) {
    setObjectName(QStringLiteral("reviewDialog"));
    setWindowTitle(tr("Review the changes"));
    resize(kSize);
    tree_->setObjectName(QStringLiteral("reviewTree"));
    tree_->setAccessibleName(tr("Changed cells"));
    tree_->setHeaderLabels({tr("Row and column"), tr("Before"), tr("After")});
    styleFactsTable(tree_);
    tree_->setRootIsDecorated(true);
    tree_->setSelectionMode(QAbstractItemView::NoSelection);
    for (const Row& row : rows) {
        auto* item = new QTreeWidgetItem(tree_, {row.key});
        item->setFirstColumnSpanned(true);
        for (const auto& [column, cell] : row.cells) {
            auto* changed = new QTreeWidgetItem(item, {QString::fromStdString(target.columns[column].name)});
            showValue(*changed, 1, cell.before);
            showValue(*changed, 2, cell.after);
        }
    }
    applyColors();
    tree_->expandAll();
    for (int column = 0; column < 2; ++column) {
        tree_->resizeColumnToContents(column);
        tree_->setColumnWidth(column, std::clamp(tree_->columnWidth(column), 180, 260));
    }
    auto* sentence = new QLabel(
        tr("In <b>%1</b>, in one transaction: if a row cannot be changed, none is. Rows that somebody else has changed "
           "meanwhile are not overwritten.")
            .arg(QString::fromStdString(app::quotedIfNeeded(target.schema) + "." + app::quotedIfNeeded(target.table))
                     .toHtmlEscaped()));
    sentence->setWordWrap(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    buttons->button(QDialogButtonBox::Cancel)->setProperty("secondary", true);
    QPushButton* apply = buttons->addButton(tr("Apply"), QDialogButtonBox::AcceptRole);
    apply->setObjectName(QStringLiteral("applyButton"));
    apply->setDefault(true);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(12);
    layout->addWidget(sentence);
    layout->addWidget(tree_, 1);
    layout->addWidget(buttons);
    apply->setFocus();
}

void ReviewDialog::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        applyColors();
    }
    QDialog::changeEvent(event);
}

void ReviewDialog::applyColors() {
    const Theme& theme = currentTheme();
    for (QTreeWidgetItemIterator it(tree_); *it != nullptr; ++it) {
        for (const auto& [column, color] : {std::pair(1, theme.error), std::pair(2, theme.success)}) {
            (*it)->setForeground(column, (*it)->data(column, kIsNullRole).toBool() ? theme.muted_text : color);
        }
    }
}

}  // namespace tessera::workbench

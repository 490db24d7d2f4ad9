// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/library/keep_query_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>
#include <algorithm>

namespace tessera::workbench {

KeepQueryDialog::KeepQueryDialog(const app::Library& library, const QString& name, qint64 folder, QWidget* parent)
    : QDialog(parent), name_(new QLineEdit(name)), folder_(new QComboBox) {
    setObjectName(QStringLiteral("keepQueryDialog"));
    setWindowTitle(tr("Keep as a saved query"));
    constexpr int kWidth = 420;
    setMinimumWidth(kWidth);
    name_->setObjectName(QStringLiteral("keepName"));
    name_->selectAll();
    folder_->setObjectName(QStringLiteral("keepFolder"));
    folder_->addItem(tr("No folder"), qint64{0});
    for (const app::LibraryItem& item : library.items()) {
        if (item.kind == app::LibraryItem::Kind::kFolder) {
            const QString path = folderPath(library, item);
            folder_->addItem(path.isEmpty() ? item.name : path + QStringLiteral(" / ") + item.name, item.id);
        }
    }
    folder_->setCurrentIndex(std::max(0, folder_->findData(folder)));
    auto* buttons = new QDialogButtonBox;
    QPushButton* keep = buttons->addButton(tr("Keep"), QDialogButtonBox::AcceptRole);
    buttons->addButton(QDialogButtonBox::Cancel);
    keep->setObjectName(QStringLiteral("keepButton"));
    keep->setDefault(true);
    auto* form = new QFormLayout(this);
    form->setContentsMargins(16, 16, 16, 16);
    form->setVerticalSpacing(12);
    form->addRow(tr("Name"), name_);
    form->addRow(tr("Folder"), folder_);
    form->addRow(buttons);
    const auto update = [this, keep] { keep->setEnabled(!name_->text().trimmed().isEmpty()); };
    connect(name_, &QLineEdit::textChanged, keep, update);
    update();
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

QString KeepQueryDialog::name() const {
    return name_->text().simplified();
}

qint64 KeepQueryDialog::folder() const {
    return folder_->currentData().toLongLong();
}

}  // namespace tessera::workbench

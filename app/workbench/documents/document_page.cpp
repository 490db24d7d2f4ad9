// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/documents/document_page.h"

#include <QMessageBox>
#include <QPushButton>

namespace tessera::workbench {

void DocumentPage::askToDiscard(const QString& box_name, const QString& title, const QString& question,
                                const QString& discard, const std::function<void()>& then) {
    auto* box = new QMessageBox(QMessageBox::NoIcon, title, question, QMessageBox::NoButton, this);
    box->setObjectName(box_name);
    box->setAttribute(Qt::WA_DeleteOnClose);
    const QPushButton* lost = box->addButton(discard, QMessageBox::DestructiveRole);
    box->setDefaultButton(box->addButton(QMessageBox::Cancel));
    connect(box, &QMessageBox::buttonClicked, this, [lost, then](const QAbstractButton* button) {
        if (button == lost) {
            then();
        }
    });
    box->open();
}

}  // namespace tessera::workbench

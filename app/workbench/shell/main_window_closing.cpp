// SPDX-License-Identifier: GPL-3.0-or-later
// MainWindow's questions before a tab or the program ends, and what is kept for the next session.
#include "app/workbench/documents/document_page.h"
#include "app/workbench/editor/file_link.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/shell/main_window.h"

#include <QCloseEvent>
#include <QMessageBox>
#include <QPushButton>
#include <QTabWidget>

namespace tessera::workbench {

bool MainWindow::canClose(QueryTab& tab, const std::function<void()>& then) {
    if (tab.results().hasChanges()) {
        askToDiscard(tab, then);
        return false;
    }
    if (tab.transaction().isOpen()) {
        askToEnd(tab, then);
        return false;
    }
    return true;
}

void MainWindow::askToDiscard(QueryTab& tab, const std::function<void()>& then) {
    tabs_->setCurrentWidget(&tab);
    auto* box =
        new QMessageBox(QMessageBox::NoIcon, tr("Changed rows"),
                        tr("“%1” has changed cells that were not applied.").arg(tabs_->tabText(tabs_->indexOf(&tab))),
                        QMessageBox::NoButton, this);
    box->setObjectName(QStringLiteral("changedRowsBox"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    const QPushButton* discard = box->addButton(tr("Discard"), QMessageBox::DestructiveRole);
    box->setDefaultButton(box->addButton(QMessageBox::Cancel));
    connect(box, &QMessageBox::buttonClicked, &tab, [&tab, discard, then](const QAbstractButton* button) {
        if (button == discard) {
            tab.results().discardChanges();
            then();
        }
    });
    box->open();
}

void MainWindow::askToEnd(QueryTab& tab, const std::function<void()>& then) {
    tabs_->setCurrentWidget(&tab);
    auto* box = new QMessageBox(QMessageBox::NoIcon, tr("Open transaction"),
                                tr("“%1” has an open transaction.").arg(tabs_->tabText(tabs_->indexOf(&tab))),
                                QMessageBox::NoButton, this);
    box->setObjectName(QStringLiteral("openTransactionBox"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    const bool is_failed = tab.transaction().state() == app::Transaction::State::kFailed;
    box->setInformativeText(is_failed ? tr("A statement of it failed: it can only be rolled back.")
                                      : tr("What it changed is lost unless you commit it."));
    const QPushButton* commit = is_failed ? nullptr : box->addButton(tr("Commit"), QMessageBox::AcceptRole);
    const QPushButton* roll_back = box->addButton(tr("Roll back"), QMessageBox::DestructiveRole);
    box->setDefaultButton(box->addButton(QMessageBox::Cancel));
    connect(box, &QMessageBox::buttonClicked, &tab,
            [this, &tab, commit, roll_back, then](const QAbstractButton* button) {
                if (button == roll_back) {
                    tab.cancel();
                    tab.transaction().abandon();
                    then();
                } else if (commit != nullptr && button == commit && query_actions_.commit->isEnabled()) {
                    connect(
                        &tab.transaction(), &app::Transaction::ended, &tab,
                        [then](const std::optional<Error>& error) {
                            if (!error) {
                                then();
                            }
                        },
                        Qt::SingleShotConnection);
                    tab.transaction().commit();
                }
            });
    box->open();
}

void MainWindow::askToSave(QueryTab& tab, const std::function<void()>& then) {
    tabs_->setCurrentWidget(&tab);
    auto* box = new QMessageBox(QMessageBox::NoIcon, tr("Changed file"),
                                tab.file().path().isEmpty()
                                    ? tr("“%1” has changes that are not in the saved query yet.").arg(tab.title())
                                    : tr("“%1” has changes that are not in the file yet.").arg(tab.file().path()),
                                QMessageBox::NoButton, this);
    box->setObjectName(QStringLiteral("changedFileBox"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(tr("Without saving, “Reopen closed tab” brings them back."));
    QPushButton* save = box->addButton(tr("Save"), QMessageBox::AcceptRole);
    const QPushButton* leave = box->addButton(tr("Close without saving"), QMessageBox::DestructiveRole);
    box->addButton(QMessageBox::Cancel);
    box->setDefaultButton(save);
    connect(box, &QMessageBox::buttonClicked, &tab, [&tab, save, leave, then](const QAbstractButton* button) {
        if (button == leave) {
            then();
        } else if (button == save) {
            connect(&tab.file(), &FileLink::saved, &tab, then, Qt::SingleShotConnection);
            tab.file().save();
        }
    });
    box->open();
}

app::DraftSet MainWindow::collectDrafts() const {
    app::DraftSet set;
    for (QueryTab* tab : queryTabs()) {
        // Of pages of the catalog nothing is kept: the query tab before one is the next best.
        if (tabs_->indexOf(tab) <= tabs_->currentIndex()) {
            set.current = static_cast<int>(set.drafts.size());
        }
        set.drafts.push_back(tab->draft());
    }
    set.drafts.insert(set.drafts.end(), closed_.begin(), closed_.end());
    // As long as there is no mesh, those of the last session wait for the next one.
    set.pages = pages_to_restore_;
    for (int tab = 0; tab < tabs_->count(); ++tab) {
        if (auto page = pageDraft(tab)) {
            set.pages.push_back(std::move(*page));
        }
    }
    set.documents = documents_to_restore_;
    for (int tab = 0; tab < tabs_->count(); ++tab) {
        const auto* document = qobject_cast<DocumentPage*>(tabs_->widget(tab));
        if (auto kept = document != nullptr ? document->kept() : std::nullopt) {
            kept->position = tab;
            kept->is_current = tab == tabs_->currentIndex();
            set.documents.push_back(std::move(*kept));
        }
    }
    return set;
}

void MainWindow::closeEvent(QCloseEvent* event) {
    for (QueryTab* tab : queryTabs()) {
        // One after the other, each answer beginning anew.
        if (!canClose(*tab, [this] { close(); })) {
            event->ignore();
            return;
        }
    }
    for (int tab = 0; tab < tabs_->count(); ++tab) {
        auto* editor = qobject_cast<DocumentPage*>(tabs_->widget(tab));
        if (editor != nullptr && editor->isChanged()) {
            tabs_->setCurrentWidget(editor);
            editor->askBeforeClosing([this, editor] {
                closeTab(tabs_->indexOf(editor), Unsaved::kLeave);
                close();
            });
            event->ignore();
            return;
        }
    }
    saveLayout();
    if (journal_) {
        journal_->flush();
    }
    QMainWindow::closeEvent(event);
}

}  // namespace tessera::workbench

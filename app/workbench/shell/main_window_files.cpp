// SPDX-License-Identifier: GPL-3.0-or-later
// MainWindow's files of SQL: opened, saved, dropped, remembered.
#include "app/workbench/documents/document_page.h"
#include "app/workbench/editor/file_link.h"
#include "app/workbench/shell/main_window.h"

#include <QAction>
#include <QDir>
#include <QDropEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMessageBox>
#include <QMimeData>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTabWidget>
#include <QUrl>

namespace tessera::workbench {

namespace {

constexpr auto kRecentFilesKey = "files/recent";
constexpr auto kFolderKey = "files/folder";
constexpr int kMessageMs = 8000;

QStringList filesOf(const QMimeData* data) {
    QStringList files;
    for (const QUrl& url : data->urls()) {
        if (url.isLocalFile()) {
            files += url.toLocalFile();
        }
    }
    return files;
}

/// The same for all ways to the file.
QString canonicalPath(const QString& path) {
    const QString canonical = QFileInfo(path).canonicalFilePath();
    return canonical.isEmpty() ? QFileInfo(path).absoluteFilePath() : canonical;
}

}  // namespace

void MainWindow::buildFileActions() {
    connect(open_file_, &QAction::triggered, this, &MainWindow::chooseFile);
    connect(save_file_, &QAction::triggered, this, [this] {
        if (currentTab() != nullptr) {
            currentTab()->file().save();
        } else if (auto* editor = qobject_cast<DocumentPage*>(tabs_->currentWidget())) {
            editor->save();
        }
    });
    connect(save_file_as_, &QAction::triggered, this, [this] {
        if (currentTab() != nullptr) {
            chooseFileToSave(currentTab());
        }
    });
}

void MainWindow::connectFile(QueryTab* tab) {
    connect(&tab->file(), &FileLink::changed, this,
            [this, tab] { tabs_->setTabText(tabs_->indexOf(tab), titleOf(*tab)); });
    connect(&tab->file(), &FileLink::told, this,
            [this](const QString& message) { statusBar()->showMessage(message, kMessageMs); });
    connect(&tab->file(), &FileLink::saved, this, [this, tab] {
        if (!tab->file().path().isEmpty()) {
            addRecentFile(tab->file().path());
        }
    });
    connect(&tab->file(), &FileLink::saveQueryRequested, this, [this, tab] { saveQuery(tab); });
    connect(&tab->file(), &FileLink::saveAsRequested, this, [this, tab] { chooseFileToSave(tab); });
}

QString MainWindow::titleOf(const QueryTab& tab) const {
    const QString& path = tab.file().path();
    const QString title = path.isEmpty() ? tab.title() : QFileInfo(path).fileName();
    return tab.file().isModified() ? title + QStringLiteral(" •") : title;
}

void MainWindow::openFile(const QString& path) {
    openFiles({path});
}

void MainWindow::openFiles(const QStringList& paths) {
    if (paths.isEmpty()) {
        return;
    }
    const QStringList others = paths.mid(1);
    const QString file = canonicalPath(paths.front());
    for (QueryTab* tab : queryTabs()) {
        if (tab->file().path() == file) {
            tabs_->setCurrentWidget(tab);
            tab->file().check();
            openFiles(others);
            return;
        }
    }
    // One after the other, so that their tabs stand in this order.
    app::TextDocument::load(file, owner_thread_.poster(), [this, file, others](const Result<app::TextFile>& read) {
        if (read) {
            showFile(file, *read);
            openFiles(others);
            return;
        }
        auto* box = new QMessageBox(QMessageBox::NoIcon, tr("Open a file"),
                                    QString::fromStdString(read.error().message), QMessageBox::Close, this);
        box->setObjectName(QStringLiteral("openFileBox"));
        box->setAttribute(Qt::WA_DeleteOnClose);
        box->setInformativeText(QString::fromStdString(read.error().hint));
        box->open();
        openFiles(others);
    });
}

void MainWindow::showFile(const QString& path, const app::TextFile& file) {
    QueryTab* tab = currentTab();
    const bool is_unused =
        tab != nullptr && tab->file().path().isEmpty() && tab->file().savedQuery() == 0 && tab->editor().utf8().empty();
    if (!is_unused) {
        newTab();
        tab = currentTab();
    }
    tab->file().take(path, file);
    centre_->setCurrentWidget(tabs_);
    tab->setFocus();
    addRecentFile(path);
    updateState();
}

void MainWindow::chooseFile() {
    auto* dialog = new QFileDialog(this, tr("Open a file"), settings_.value(QLatin1String(kFolderKey)).toString(),
                                   tr("SQL files (*.sql);;All files (*)"));
    dialog->setObjectName(QStringLiteral("openFileDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    connect(dialog, &QFileDialog::filesSelected, this, &MainWindow::openFiles);
    dialog->open();
}

void MainWindow::chooseFileToSave(QueryTab* tab) {
    const QString& path = tab->file().path();
    auto* dialog =
        new QFileDialog(this, tr("Save as"),
                        path.isEmpty() ? settings_.value(QLatin1String(kFolderKey), QDir::homePath()).toString()
                                       : QFileInfo(path).path(),
                        tr("SQL files (*.sql);;All files (*)"));
    dialog->setObjectName(QStringLiteral("saveFileDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setFileMode(QFileDialog::AnyFile);
    dialog->setDefaultSuffix(QStringLiteral("sql"));
    dialog->selectFile(path.isEmpty() ? tab->title() + QStringLiteral(".sql") : QFileInfo(path).fileName());
    connect(dialog, &QFileDialog::fileSelected, tab, [tab](const QString& file) { tab->file().saveAs(file); });
    dialog->open();
}

void MainWindow::addRecentFile(const QString& path) {
    constexpr qsizetype kKept = 20;
    QStringList files = settings_.value(QLatin1String(kRecentFilesKey)).toStringList();
    files.removeAll(path);
    files.prepend(path);
    settings_.setValue(QLatin1String(kRecentFilesKey), QStringList(files.mid(0, kKept)));
    settings_.setValue(QLatin1String(kFolderKey), QFileInfo(path).path());
}

QStringList MainWindow::recentFiles() const {
    return settings_.value(QLatin1String(kRecentFilesKey)).toStringList();
}

void MainWindow::fillRecentMenu() {
    recent_menu_->clear();
    const QString home = QDir::homePath();
    for (const QString& file : recentFiles()) {
        const QString shown = file.startsWith(home + u'/') ? u'~' + file.mid(home.size()) : file;
        recent_menu_->addAction(QString(shown).replace(u'&', QStringLiteral("&&")), this,
                                [this, file] { openFile(file); });
    }
    if (recent_menu_->isEmpty()) {
        recent_menu_->addAction(tr("None yet"))->setEnabled(false);
    }
}

void MainWindow::checkFiles() {
    for (QueryTab* tab : queryTabs()) {
        tab->file().check();
    }
}

void MainWindow::changeEvent(QEvent* event) {
    QMainWindow::changeEvent(event);
    // Also where the system tells of no changes, as on network drives.
    if (event->type() == QEvent::ActivationChange && isActiveWindow() && tabs_ != nullptr) {
        checkFiles();
    }
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (!filesOf(event->mimeData()).isEmpty()) {
        event->acceptProposedAction();
    }
}

void MainWindow::dropEvent(QDropEvent* event) {
    openFiles(filesOf(event->mimeData()));
    event->acceptProposedAction();
}

}  // namespace tessera::workbench

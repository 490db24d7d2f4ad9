// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: files of SQL are opened, saved and kept as they are, and neither what was typed nor what another program wrote
// is lost. Method: the whole window with real files, driven by keys, buttons and drops.
#include "app/core/testing/file_size_limit.h"
#include "app/workbench/editor/file_link.h"
#include "app/workbench/testing/window_fixture.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QDropEvent>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QUrl>

namespace tessera::workbench {
namespace {

class SqlFileTest : public MainWindowTest {
  protected:
    void write(const QByteArray& bytes, const char* name = "report.sql") const {
        // As editors do: another file that takes the name.
        const QString other = directory_.filePath(QStringLiteral("other"));
        QFile file(other);
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        ASSERT_EQ(file.write(bytes), bytes.size());
        file.close();
        QFile::remove(pathOf(name));
        ASSERT_TRUE(QFile::rename(other, pathOf(name)));
    }

    QByteArray bytes(const char* name = "report.sql") const {
        QFile file(pathOf(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(not there)");
    }

    QString pathOf(const char* name = "report.sql") const { return directory_.filePath(QLatin1String(name)); }

    void open(const char* name = "report.sql") {
        window_->openFile(pathOf(name));
        ASSERT_TRUE(processEventsUntil([&] { return tab().file().path() == pathOf(name); }));
    }

    QString title() const { return window_->tabs().tabText(window_->tabs().currentIndex()); }

    void type(const char* keys) { QTest::keyClicks(&tab().editor(), QLatin1String(keys)); }

    void save() { QTest::keyClick(&tab().editor(), Qt::Key_S, Qt::ControlModifier); }

    bool waitForBytes(const QByteArray& wanted, const char* name = "report.sql") const {
        return processEventsUntil([&] { return bytes(name) == wanted; });
    }

    /// After a dialog: keys are the window's again.
    void comeBack() {
        window_->activateWindow();
        ASSERT_TRUE(processEventsUntil([&] { return window_->isActiveWindow(); }));
        tab().editor().setFocus();
    }

    /// What the bar above the editor says; empty while it is hidden.
    QString question() {
        return tab().file().isVisible() ? tab().file().findChild<QLabel*>(QStringLiteral("fileBarLabel"))->text()
                                        : QString();
    }

    bool waitForQuestion(const char* part) {
        return processEventsUntil([&] { return question().contains(QLatin1String(part)); });
    }

    void answerBy(const char* button) {
        // Those of the question before go with the next turn of the loop.
        QPushButton* found = nullptr;
        ASSERT_TRUE(processEventsUntil([&] {
            for (auto* candidate : tab().file().findChildren<QPushButton*>(QLatin1String(button))) {
                found = candidate->isVisible() ? candidate : found;
            }
            return found != nullptr;
        })) << button;
        QTest::mouseClick(found, Qt::LeftButton);
    }
};

TEST_F(SqlFileTest, AFileIsOpenedChangedAndSavedInItsOwnEncodingAndLineEnds) {
    write("\xEF\xBB\xBFselect 1;\r\nselect 'é';\nselect 3");
    QTest::keyClick(&tab().editor(), Qt::Key_O, Qt::ControlModifier);
    auto* dialog = window_->findChild<QFileDialog*>(QStringLiteral("openFileDialog"));
    ASSERT_NE(dialog, nullptr);
    dialog->selectFile(pathOf());
    Q_EMIT dialog->filesSelected({pathOf()});
    dialog->close();
    ASSERT_TRUE(processEventsUntil([&] { return title() == QStringLiteral("report.sql"); }));
    EXPECT_EQ(window_->tabs().count(), 1) << "an empty tab is taken for it";
    EXPECT_FALSE(tab().editor().isUndoAvailable());
    comeBack();
    type("x");
    QTest::keyClick(&tab().editor(), Qt::Key_Return);
    EXPECT_EQ(title(), QStringLiteral("report.sql •"));
    save();
    ASSERT_TRUE(waitForBytes("\xEF\xBB\xBFx\r\nselect 1;\r\nselect 'é';\nselect 3")) << bytes().toStdString();
    ASSERT_TRUE(processEventsUntil([&] { return title() == QStringLiteral("report.sql"); }));
    // Back to what was saved is not changed.
    type("y");
    EXPECT_EQ(title(), QStringLiteral("report.sql •"));
    QTest::keyClick(&tab().editor(), Qt::Key_Z, Qt::ControlModifier);
    EXPECT_EQ(title(), QStringLiteral("report.sql"));
}

TEST_F(SqlFileTest, FormattingKeepsTheLineEnds) {
    write("-- late\r\nselect a, b from t where a = 'x\ny' and b in (select c from u where d = 1 order by 1);\r\n");
    open();
    tab().editor().setCaret(20);
    QTest::keyClick(&tab().editor(), Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
    save();
    ASSERT_TRUE(processEventsUntil([&] { return bytes().contains("\r\nFROM"); })) << bytes().toStdString();
    QByteArray rest = bytes();
    EXPECT_EQ(rest.count("'x\ny'"), 1) << rest.toStdString();
    rest.replace("'x\ny'", "");
    EXPECT_EQ(rest.count('\n'), rest.count("\r\n")) << rest.toStdString();
}

TEST_F(SqlFileTest, ANewTextIsSavedUnderAName) {
    type("select 1");
    save();
    auto* dialog = window_->findChild<QFileDialog*>(QStringLiteral("saveFileDialog"));
    ASSERT_NE(dialog, nullptr);
    EXPECT_EQ(dialog->selectedFiles().value(0).section(u'/', -1), QStringLiteral("Query 1.sql"));
    Q_EMIT dialog->fileSelected(pathOf("new.sql"));
    dialog->close();
    ASSERT_TRUE(waitForBytes("select 1", "new.sql"));
    ASSERT_TRUE(processEventsUntil([&] { return title() == QStringLiteral("new.sql"); }));
    // It is among the recent files, and opened once only.
    auto* menu = window_->findChild<QMenu*>(QStringLiteral("recentMenu"));
    Q_EMIT menu->aboutToShow();
    ASSERT_EQ(menu->actions().size(), 1);
    EXPECT_TRUE(menu->actions().front()->text().endsWith(QStringLiteral("new.sql")));
    menu->actions().front()->trigger();
    EXPECT_FALSE(processEventsUntil([&] { return window_->tabs().count() != 1; }, 200));
}

TEST_F(SqlFileTest, FilesThatAreDroppedOnTheEditorAreOpened) {
    write("select 1", "one.sql");
    write("select 2", "two.sql");
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(pathOf("one.sql")), QUrl::fromLocalFile(pathOf("two.sql"))});
    QWidget* viewport = tab().editor().viewport();
    // The editor itself would insert the addresses.
    QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(viewport, &enter);
    EXPECT_TRUE(enter.isAccepted());
    QDropEvent drop(QPointF(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(viewport, &drop);
    ASSERT_TRUE(processEventsUntil([&] { return window_->tabs().count() == 2; }));
    EXPECT_EQ(window_->tabs().tabText(0), QStringLiteral("one.sql"));
    EXPECT_EQ(window_->tabs().tabText(1), QStringLiteral("two.sql"));
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select 2"));
}

TEST_F(SqlFileTest, WhatAnotherProgramWroteIsReadAgainWhereNothingWasTypedAndUndoBringsBack) {
    write("select 'old'");
    open();
    write("select 'new', 2");
    ASSERT_TRUE(processEventsUntil([&] { return tab().editor().text() == QStringLiteral("select 'new', 2"); }));
    EXPECT_EQ(title(), QStringLiteral("report.sql"));
    EXPECT_EQ(question(), QString());
    QTest::keyClick(&tab().editor(), Qt::Key_Z, Qt::ControlModifier);
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select 'old'"));
    EXPECT_EQ(title(), QStringLiteral("report.sql •"));
    // And again: the file was replaced, and is watched all the same.
    QTest::keyClick(&tab().editor(), Qt::Key_Y, Qt::ControlModifier);
    EXPECT_EQ(tab().editor().text().toStdString(), "select 'new', 2");
    ASSERT_EQ(title(), QStringLiteral("report.sql"));
    write("select 'newest'");
    ASSERT_TRUE(processEventsUntil([&] { return tab().editor().text() == QStringLiteral("select 'newest'"); }));
}

TEST_F(SqlFileTest, ChangedHereAndThereAsksWhichCounts) {
    write("select 1");
    open();
    type("-- mine ");
    write("select 2");
    ASSERT_TRUE(waitForQuestion("changed by another program, and here, too"));
    saveScreenshots("file-changed");
    EXPECT_EQ(tab().editor().text(), QStringLiteral("-- mine select 1"));
    answerBy("fileTakeDisk");
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select 2"));
    EXPECT_EQ(question(), QString());
    QTest::keyClick(&tab().editor(), Qt::Key_Z, Qt::ControlModifier);
    EXPECT_EQ(tab().editor().text(), QStringLiteral("-- mine select 1"));
    write("select 3");
    ASSERT_TRUE(waitForQuestion("changed by another program, and here, too"));
    answerBy("fileKeepMine");
    save();
    ASSERT_TRUE(waitForBytes("-- mine select 1"));
}

TEST_F(SqlFileTest, ASaveDoesNotWriteOverWhatAnotherProgramWrote) {
    write("select 1");
    open();
    type("-- mine ");
    // In place and at once: before the system has told of it.
    QFile file(pathOf());
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write("select 2");
    file.close();
    save();
    ASSERT_TRUE(waitForQuestion("was not saved"));
    EXPECT_EQ(bytes(), "select 2");
    answerBy("fileKeepMine");
    ASSERT_TRUE(waitForBytes("-- mine select 1"));
    ASSERT_TRUE(processEventsUntil([&] { return title() == QStringLiteral("report.sql"); }));
    EXPECT_EQ(question(), QString());
}

TEST_F(SqlFileTest, AFileThatIsGoneCanBeSavedAgain) {
    write("select 1");
    open();
    ASSERT_TRUE(QFile::remove(pathOf()));
    ASSERT_TRUE(waitForQuestion("no longer on the disk"));
    EXPECT_EQ(title(), QStringLiteral("report.sql •"));
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select 1"));
    answerBy("fileSaveAgain");
    ASSERT_TRUE(waitForBytes("select 1"));
    ASSERT_TRUE(processEventsUntil([&] { return title() == QStringLiteral("report.sql"); }));
}

TEST_F(SqlFileTest, AFullDiskLosesNeitherTheFileNorTheText) {
    write("select 1");
    open();
    const QString large = QStringLiteral("select '%1'").arg(QString(300'000, u'x'));
    tab().editor().replaceRange(0, 8, large.toStdString());
    {
        const app::FileSizeLimit limit(128 << 10);
        save();
        ASSERT_TRUE(waitForQuestion("Cannot save"));
    }
    EXPECT_TRUE(question().contains(QStringLiteral("The text stays here")));
    saveScreenshots("file-not-saved");
    EXPECT_EQ(bytes(), "select 1");
    EXPECT_EQ(tab().editor().text(), large);
    EXPECT_EQ(title(), QStringLiteral("report.sql •"));
    answerBy("fileSaveAgain");
    ASSERT_TRUE(waitForBytes(large.toUtf8()));
    EXPECT_TRUE(processEventsUntil([&] { return question().isEmpty(); }));
}

TEST_F(SqlFileTest, ACharacterThatTheFilesEncodingLacksIsSavedInUtf8IfAsked) {
    write("-- caf\xE9\n");
    open();
    EXPECT_EQ(tab().editor().text(), QStringLiteral("-- café\n"));
    tab().editor().replaceRange(8, 8, ", 3 €");
    save();
    ASSERT_TRUE(waitForQuestion("lacks a character"));
    EXPECT_EQ(bytes(), "-- caf\xE9\n");
    answerBy("fileSaveAgain");
    ASSERT_TRUE(waitForBytes("-- café, 3 €\n"));
}

TEST_F(SqlFileTest, WhatIsNoTextIsNotOpened) {
    write(QByteArray("PAR1\0\0", 6), "data.parquet");
    window_->openFile(pathOf("data.parquet"));
    ASSERT_TRUE(
        processEventsUntil([&] { return window_->findChild<QMessageBox*>(QStringLiteral("openFileBox")) != nullptr; }));
    auto* box = window_->findChild<QMessageBox*>(QStringLiteral("openFileBox"));
    EXPECT_TRUE(box->text().contains(QStringLiteral("is no text")));
    box->close();
    EXPECT_EQ(tab().file().path(), QString());
}

TEST_F(SqlFileTest, AKilledWorkbenchComesBackWithTheFileAndWhatWasTyped) {
    write("select 1");
    open();
    type("-- mine ");
    const QString drafts = directory_.filePath(QStringLiteral("profile/drafts/drafts-1.json"));
    ASSERT_TRUE(processEventsUntil([&] {
        QFile file(drafts);
        return file.open(QIODevice::ReadOnly) && file.readAll().contains("-- mine select 1");
    }));
    // What is on the disk now is what a kill leaves.
    QFile kept(drafts);
    ASSERT_TRUE(kept.open(QIODevice::ReadOnly));
    const QByteArray left = kept.readAll();
    window_.reset();
    QFile restored(drafts);
    ASSERT_TRUE(restored.open(QIODevice::WriteOnly));
    restored.write(left);
    restored.close();
    start();
    EXPECT_EQ(title(), QStringLiteral("report.sql •"));
    EXPECT_EQ(tab().editor().text(), QStringLiteral("-- mine select 1"));
    EXPECT_EQ(bytes(), "select 1");
    save();
    ASSERT_TRUE(waitForBytes("-- mine select 1"));
    ASSERT_TRUE(processEventsUntil([&] { return title() == QStringLiteral("report.sql"); }));
    // Changed while the program was away.
    window_->close();
    window_.reset();
    write("select 9");
    start();
    ASSERT_TRUE(processEventsUntil([&] { return tab().editor().text() == QStringLiteral("select 9"); }));
}

TEST_F(SqlFileTest, ClosingAChangedFileAsks) {
    write("select 1");
    open();
    type("-- mine ");
    QTest::keyClick(&tab().editor(), Qt::Key_W, Qt::ControlModifier);
    auto* box = window_->findChild<QMessageBox*>(QStringLiteral("changedFileBox"));
    ASSERT_NE(box, nullptr);
    box->button(QMessageBox::Cancel)->click();
    EXPECT_EQ(title(), QStringLiteral("report.sql •"));
    comeBack();
    QTest::keyClick(&tab().editor(), Qt::Key_W, Qt::ControlModifier);
    box = window_->findChild<QMessageBox*>(QStringLiteral("changedFileBox"));
    ASSERT_NE(box, nullptr);
    box->defaultButton()->click();
    ASSERT_TRUE(waitForBytes("-- mine select 1"));
    ASSERT_TRUE(processEventsUntil([&] { return title() == QStringLiteral("Query 1"); }));
    window_->findChild<QAction*>(QStringLiteral("reopenTabAction"))->trigger();
    EXPECT_EQ(title(), QStringLiteral("report.sql"));
    EXPECT_EQ(tab().editor().text(), QStringLiteral("-- mine select 1"));
}

}  // namespace
}  // namespace tessera::workbench

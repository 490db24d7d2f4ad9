// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: transactions of a tab as a person meets them. Method: the whole window over a fake node, by keys and clicks.
#include "app/workbench/editor/transaction_chip.h"
#include "app/workbench/results/messages_view.h"
#include "app/workbench/testing/window_fixture.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QMessageBox>
#include <QPushButton>
#include <QToolButton>

namespace tessera::workbench {
namespace {

using client::TransactionStatus;

class TransactionUiTest : public MainWindowTest {
  protected:
    QAction& action(const char* name) { return *window_->findChild<QAction*>(QLatin1String(name)); }

    QString chip() { return tab().findChild<TransactionChip*>()->text(); }

    /// Runs a statement that leaves that.
    void runLeaving(const char* sql, TransactionStatus status) {
        typeAndRun(sql);
        operations_->sessions.back()->tell(status);
        if (status == TransactionStatus::kFailed) {
            operations_->statement().failWith(Error::make(ErrorCode::kInvalidArgument, "division by zero"));
        } else {
            operations_->statement().complete("UPDATE 1", 1);
        }
        ASSERT_TRUE(processEventsUntil([&] { return !tab().session().isRunning(); }));
    }

    QMessageBox* box() { return window_->findChild<QMessageBox*>(QStringLiteral("openTransactionBox")); }

    void press(const char* text) {
        ASSERT_TRUE(processEventsUntil([&] { return box() != nullptr && box()->isVisible(); }));
        for (QAbstractButton* button : box()->buttons()) {
            if (button->text().remove(QLatin1Char('&')) == QLatin1String(text)) {
                QTest::mouseClick(button, Qt::LeftButton);
                ASSERT_TRUE(processEventsUntil([&] { return box() == nullptr; }));
                return;
            }
        }
        FAIL() << "there is no button " << text;
    }
};

TEST_F(TransactionUiTest, EachStatementCommitsByItselfUnlessManualCommitIsOn) {
    typeAndRun("update t set a = 1");
    EXPECT_FALSE(operations_->statement().is_on_session);
    EXPECT_FALSE(tab().findChild<TransactionChip*>()->isVisible());
    EXPECT_FALSE(action("commitAction").isEnabled());
    operations_->statement().complete("UPDATE 1", 1);
    ASSERT_TRUE(processEventsUntil([&] { return !tab().session().isRunning(); }));

    QTest::mouseClick(tab().findChild<QToolButton*>(QStringLiteral("manualCommitButton")), Qt::LeftButton);
    EXPECT_EQ(chip(), QStringLiteral("No open transaction"));
    runLeaving("update t set a = 2", TransactionStatus::kOpen);
    EXPECT_TRUE(operations_->statement().is_on_session);
    EXPECT_TRUE(operations_->statement().request.in_transaction);
    EXPECT_TRUE(chip().startsWith(QStringLiteral("Transaction open · 0:0"))) << chip().toStdString();
    EXPECT_FALSE(window_->tabs().tabIcon(0).isNull());
    EXPECT_FALSE(tab().findChild<QComboBox*>(QStringLiteral("nodePicker"))->isEnabled());
    EXPECT_FALSE(action("manualCommitAction").isEnabled());
    saveScreenshots("transaction-open");

    QTest::keyClick(&tab().editor(), Qt::Key_Return, Qt::ControlModifier | Qt::AltModifier);
    EXPECT_EQ(operations_->statement().request.sql, "COMMIT");
    EXPECT_FALSE(action("commitAction").isEnabled());
    operations_->sessions.back()->tell(TransactionStatus::kNone);
    operations_->statement().complete("COMMIT", 0);
    ASSERT_TRUE(processEventsUntil([&] { return chip() == QStringLiteral("No open transaction"); }));
    EXPECT_TRUE(window_->tabs().tabIcon(0).isNull());
    action("manualCommitAction").trigger();
    EXPECT_FALSE(tab().findChild<TransactionChip*>()->isVisible());
}

TEST_F(TransactionUiTest, AFailedTransactionCanOnlyBeRolledBack) {
    action("manualCommitAction").trigger();
    runLeaving("select 1 / 0", TransactionStatus::kFailed);
    EXPECT_TRUE(chip().startsWith(QStringLiteral("Transaction failed · ")));
    EXPECT_FALSE(action("commitAction").isEnabled());
    EXPECT_TRUE(action("rollBackAction").isEnabled());
    saveScreenshots("transaction-failed");
    action("rollBackAction").trigger();
    EXPECT_EQ(operations_->statement().request.sql, "ROLLBACK");
    operations_->sessions.back()->tell(TransactionStatus::kNone);
    operations_->statement().complete("ROLLBACK", 0);
    ASSERT_TRUE(processEventsUntil([&] { return !tab().transaction().isOpen(); }));
}

TEST_F(TransactionUiTest, ALostSessionIsSaidCalmlyAndTheTextStays) {
    action("manualCommitAction").trigger();
    runLeaving("update t set a = 1", TransactionStatus::kOpen);
    operations_->sessions.back()->lose(
        Error::make(ErrorCode::kAborted,
                    "the session was not used for 900 s and was closed, and its open transaction was rolled back",
                    "run its statements again"));
    ASSERT_TRUE(processEventsUntil([&] { return !tab().transaction().isOpen(); }));
    EXPECT_TRUE(tab().results().messages().toPlainText().contains(QStringLiteral("was rolled back")));
    EXPECT_EQ(tab().editor().text(), QStringLiteral("update t set a = 1"));
    EXPECT_EQ(chip(), QStringLiteral("No open transaction"));
    saveScreenshots("transaction-lost");
}

TEST_F(TransactionUiTest, ClosingATabAsksWhatBecomesOfItsTransaction) {
    action("manualCommitAction").trigger();
    runLeaving("update t set a = 1", TransactionStatus::kOpen);
    action("newTabAction").trigger();
    window_->tabs().setCurrentIndex(0);
    action("closeTabAction").trigger();
    press("Cancel");
    EXPECT_EQ(window_->tabs().count(), 2);
    action("closeTabAction").trigger();
    press("Commit");
    EXPECT_EQ(window_->tabs().count(), 2);
    EXPECT_EQ(operations_->statement().request.sql, "COMMIT");
    operations_->sessions.back()->tell(TransactionStatus::kNone);
    operations_->statement().complete("COMMIT", 0);
    ASSERT_TRUE(processEventsUntil([&] { return window_->tabs().count() == 1; }));
}

TEST_F(TransactionUiTest, ClosingTheWindowAsksToo) {
    action("manualCommitAction").trigger();
    runLeaving("update t set a = 1", TransactionStatus::kOpen);
    EXPECT_FALSE(window_->close());
    EXPECT_TRUE(window_->isVisible());
    const auto session = operations_->sessions.back();
    press("Roll back");
    ASSERT_TRUE(processEventsUntil([&] { return !window_->isVisible(); }));
    EXPECT_TRUE(session->is_closed);
}

}  // namespace
}  // namespace tessera::workbench

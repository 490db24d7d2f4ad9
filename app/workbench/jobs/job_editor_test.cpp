// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: a job is written as a person does it: by forms, in a graph, as text, with what is wrong beside its field, undo,
// a look at what will change, a run to try it out, and a question before anything is lost. Method: the whole window
// over fakes.
#include "app/workbench/jobs/editor/job_editor.h"

#include "app/workbench/documents/draft_form.h"
#include "app/workbench/editor/sql_editor.h"
#include "app/workbench/graph/graph_view.h"
#include "app/workbench/jobs/editor/steps_editor.h"
#include "app/workbench/jobs/jobs_page.h"
#include "app/workbench/testing/window_fixture.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTabWidget>
#include <QTimeEdit>
#include <QToolButton>
#include <QTreeView>
#include <QTreeWidget>

namespace tessera::workbench {
namespace {

constexpr const char* kFile =
    "job: nightly\ndocumentation: Each night what is new\nowner: anna@example.org\nrun_as: etl\nparameters:\n"
    "  - name: day\n    type: date\n    default: '${run.date}'\n"
    "triggers:\n  - cron: 30 2 * * mon-fri\n    zone: Europe/Berlin\nsteps:\n"
    "  - name: clean\n    sql: DELETE FROM stage WHERE day < ${day}\n"
    "  - name: orders\n    after: []\n    export:\n      query: SELECT * FROM orders WHERE day = ${day}\n"
    "      to: /data/orders-${day}.parquet\n"
    "  - name: tell\n    after: [clean, orders]\n    http:\n      url: https://example.org/done\n";

/// Where a field's text begins, from its left edge.
int beginOfText(QWidget& field) {
    const QImage image = field.grab().toImage();
    const int middle = image.height() / 2;
    constexpr int kBorder = 3;
    constexpr int kContrast = 60;
    const int surface = image.pixelColor(kBorder, middle).lightness();
    for (int x = kBorder; x < image.width(); ++x) {
        for (int y = image.height() / 3; y < 2 * image.height() / 3; ++y) {
            if (std::abs(image.pixelColor(x, y).lightness() - surface) > kContrast) {
                return static_cast<int>(x / image.devicePixelRatio());
            }
        }
    }
    return -1;
}

class JobEditorTest : public MainWindowTest {
  protected:
    void SetUp() override {
        MainWindowTest::SetUp();
        window_->resize(1360, 860);
        jobs_->with([](app::FakeJobsClient::Content& content) {
            client::JobInfo nightly;
            nightly.name = "nightly";
            nightly.version = 4;
            content.jobs = {nightly};
            content.files["nightly"] = kFile;
            content.older[3] = kFile;
            content.older[3].erase(content.older[3].find("run_as"), std::string("run_as: etl\n").size());
        });
        QTest::keyClick(window_.get(), Qt::Key_J, Qt::ControlModifier | Qt::ShiftModifier);
        ASSERT_TRUE(processEventsUntil([&] { return button("editJobButton")->isEnabled(); }));
    }

    QPushButton* button(const char* name) { return window_->findChild<QPushButton*>(QLatin1String(name)); }

    void open() {
        window_->findChild<QMenu*>(QStringLiteral("editJobMenu"))->actions().front()->trigger();
        ASSERT_EQ(window_->jobEditors().size(), 1);
    }

    JobEditor& editor() { return *window_->jobEditors().front(); }

    template <class T>
    T* field(const char* name) {
        return editor().findChild<T*>(QLatin1String(name));
    }

    void showTab(const char* name) {
        auto* tabs = field<QTabWidget>("jobEditorTabs");
        for (int tab = 0; tab < tabs->count(); ++tab) {
            if (tabs->tabText(tab) == QLatin1String(name)) {
                tabs->setCurrentIndex(tab);
                return;
            }
        }
        FAIL() << "there is no tab " << name;
    }

    QString valueOf(const char* path) { return QString::fromStdString(editor().draft().document().value(path)); }

    void answered() {
        ASSERT_TRUE(processEventsUntil([&] { return !editor().draft().isAsking(); }));
    }
};

TEST_F(JobEditorTest, AScheduleIsBuiltInWordsWithItsNextTimes) {
    open();
    showTab("Schedule");
    auto* times = field<QLabel>("nextTimes");
    EXPECT_TRUE(times->text().startsWith(QLatin1String("every weekday at 02:30 (Europe/Berlin)")))
        << times->text().toStdString();
    EXPECT_EQ(times->text().count(QLatin1Char('\n')), 10);
    saveScreenshots("job-editor-schedule");
    auto* kind = field<QComboBox>("cronKind");
    EXPECT_EQ(kind->currentText(), QStringLiteral("On days of the week"));
    // Monday off, an hour later.
    field<QToolButton>("cronWeekday1")->click();
    field<QTimeEdit>("cronTime")->setTime(QTime(3, 30));
    EXPECT_EQ(valueOf("triggers/0/cron"), QStringLiteral("30 3 * * tue,wed,thu,fri"));
    EXPECT_EQ(field<QLineEdit>("draft_cron")->text(), valueOf("triggers/0/cron"));
    // What is wrong stands at the field, and on the tab; nothing can be saved with it.
    auto* cron = field<QLineEdit>("draft_cron");
    cron->setFocus();
    cron->selectAll();
    QTest::keyClicks(cron, QStringLiteral("30 25 * * *"));
    auto* problem = field<QLabel>("draft_cron_problem");
    EXPECT_TRUE(problem->isVisible());
    EXPECT_TRUE(problem->text().contains(QLatin1String("25"))) << problem->text().toStdString();
    EXPECT_EQ(kind->currentText(), QStringLiteral("By a cron expression"));
    EXPECT_FALSE(button("saveJobButton")->isEnabled());
    EXPECT_EQ(times->text(), QStringLiteral("None until what is written above is right."));
    EXPECT_TRUE(processEventsUntil([&] { return times->height() < 2 * times->fontMetrics().lineSpacing(); }))
        << times->height() << " cell " << times->parentWidget()->height();
    saveScreenshots("job-editor-problem");
    // Undo goes back over what was typed at once, then over the builder.
    QTest::keyClick(cron, Qt::Key_Z, Qt::ControlModifier);
    EXPECT_TRUE(valueOf("triggers/0/cron").startsWith(QLatin1String("30 ")));
    EXPECT_EQ(valueOf("triggers/0/cron"), QStringLiteral("30 3 * * tue,wed,thu,fri"));
    while (editor().draft().canUndo()) {
        QTest::keyClick(cron, Qt::Key_Z, Qt::ControlModifier);
    }
    EXPECT_EQ(cron->text(), QStringLiteral("30 2 * * mon-fri"));
    EXPECT_FALSE(editor().isChanged());
}

TEST_F(JobEditorTest, WhoIsToldIsAFormForEachWay) {
    open();
    showTab("Alerts");
    saveScreenshots("job-editor-no-alerts");
    QTest::mouseClick(field<QPushButton>("add_alerts"), Qt::LeftButton);
    auto* email = field<QLineEdit>("draft_email");
    EXPECT_FALSE(field<QLineEdit>("draft_desktop")->isVisible());
    QTest::keyClicks(email, QStringLiteral("anna@example.org"));
    EXPECT_EQ(valueOf("alerts/0/email"), QStringLiteral("anna@example.org"));
    // A second one, of runs that succeeded, on a desktop.
    QTest::mouseClick(field<QPushButton>("add_alerts"), Qt::LeftButton);
    const auto forms = [&] {
        QList<DraftForm*> found;
        for (auto* one : editor().findChildren<QLineEdit*>(QStringLiteral("draft_desktop"))) {
            QWidget* form = one;
            while (qobject_cast<DraftForm*>(form) == nullptr) {
                form = form->parentWidget();
            }
            found += qobject_cast<DraftForm*>(form);
        }
        return found;
    };
    ASSERT_EQ(forms().size(), 2);
    DraftForm* second = forms()[1];
    ASSERT_NE(second, nullptr);
    const auto choose = [&](const char* name, int steps) {
        auto* combo = second->findChild<QComboBox*>(QLatin1String(name));
        combo->setFocus();
        combo->showPopup();
        QAbstractItemView* list = combo->view();
        for (int step = 0; step < steps; ++step) {
            QTest::keyClick(list, Qt::Key_Down);
        }
        QTest::keyClick(list, Qt::Key_Return);
    };
    choose("draft_on", 1);
    choose("draft_kind", 1);
    EXPECT_EQ(valueOf("alerts/1/on"), QStringLiteral("success"));
    EXPECT_FALSE(second->findChild<QLineEdit*>(QStringLiteral("draft_email"))->isVisible());
    QTest::keyClicks(second->findChild<QLineEdit*>(QStringLiteral("draft_desktop")), QStringLiteral("analyst"));
    EXPECT_EQ(valueOf("alerts/1/desktop"), QStringLiteral("analyst"));
    saveScreenshots("job-editor-alerts");
    // What takes one out is seen in either theme.
    const auto colourOfRemove = [&] {
        const QImage image = field<QToolButton>("remove_alerts")->icon().pixmap(16, 16).toImage();
        return image.pixelColor(image.width() / 2, image.height() / 2).lightness();
    };
    const int in_light = colourOfRemove();
    window_->findChild<QAction*>(QStringLiteral("darkThemeAction"))->trigger();
    EXPECT_GT(colourOfRemove(), in_light + 80);
    window_->findChild<QAction*>(QStringLiteral("darkThemeAction"))->trigger();
    choose("draft_kind", 1);
    auto* webhook = second->findChild<QLineEdit*>(QStringLiteral("draft_webhook"));
    EXPECT_TRUE(webhook->isVisible());
    QTest::keyClicks(webhook, QStringLiteral("https://hooks.example.org/jobs"));
    EXPECT_EQ(valueOf("alerts/1/webhook"), QStringLiteral("https://hooks.example.org/jobs"));
    EXPECT_EQ(valueOf("alerts/1/desktop"), QString());
    // The first is taken out.
    QTest::mouseClick(field<QToolButton>("remove_alerts"), Qt::LeftButton);
    EXPECT_EQ(valueOf("alerts/0/webhook"), QStringLiteral("https://hooks.example.org/jobs"));
}

TEST_F(JobEditorTest, StepsAreAGraphWithAFormForEachKind) {
    open();
    showTab("Steps");
    auto* steps = editor().findChild<StepsEditor*>();
    ASSERT_TRUE(processEventsUntil([&] { return steps->graph().picture().graph.boxes.size() == 3; }));
    EXPECT_EQ(steps->graph().picture().graph.edges.size(), 2U);
    auto* sql = field<SqlEditor>("draft_sql");
    EXPECT_TRUE(sql->isVisible());
    EXPECT_EQ(sql->text(), QStringLiteral("DELETE FROM stage WHERE day < ${day}"));
    auto* kind = field<QComboBox>("stepKind");
    EXPECT_NEAR(beginOfText(*field<QPushButton>("stepBefore")), beginOfText(*kind), 2);
    saveScreenshots("job-editor-steps");
    steps->choose(1);
    EXPECT_FALSE(sql->isVisible());
    EXPECT_EQ(field<QLineEdit>("draft_export_to")->text(), QStringLiteral("/data/orders-${day}.parquet"));
    saveScreenshots("job-editor-export");
    // Another step behind it, of another kind, with another name.
    window_->findChild<QMenu*>(QStringLiteral("addStepMenu"))->actions().at(2)->trigger();
    ASSERT_EQ(steps->chosen(), 2U);
    EXPECT_EQ(valueOf("steps/3/name"), QStringLiteral("tell"));
    EXPECT_FALSE(editor().draft().problems().empty()) << "it copies nothing yet";
    auto* name = steps->findChild<QLineEdit*>(QStringLiteral("draft_name"));
    name->selectAll();
    QTest::keyClicks(name, QStringLiteral("keep"));
    field<SqlEditor>("draft_copy_query")->setText(QStringLiteral("SELECT * FROM orders"));
    QTest::keyClicks(field<QLineEdit>("draft_copy_into"), QStringLiteral("archive.orders"));
    EXPECT_TRUE(editor().draft().problems().empty()) << editor().draft().problems().front().text.toStdString();
    EXPECT_EQ(field<QPushButton>("stepBefore")->text(), QStringLiteral("orders"));
    ASSERT_TRUE(processEventsUntil([&] { return steps->graph().picture().graph.boxes.size() == 4; }));
    // Renaming what others wait for takes them along; a step cannot wait for one that waits for it.
    steps->choose(1);
    name->selectAll();
    QTest::keyClicks(name, QStringLiteral("files"));
    EXPECT_EQ(editor().draft().document().list("steps/3/after"), (std::vector<std::string>{"clean", "files"}));
    auto* before = field<QPushButton>("stepBefore");
    Q_EMIT before->menu()->aboutToShow();
    ASSERT_EQ(before->menu()->actions().size(), 3);
    EXPECT_TRUE(before->menu()->actions().at(0)->isEnabled());
    EXPECT_FALSE(before->menu()->actions().at(1)->isEnabled());
    QTest::mouseClick(button("removeStepButton"), Qt::LeftButton);
    EXPECT_EQ(editor().draft().document().size("steps"), 3U);
    EXPECT_TRUE(editor().draft().problems().empty());
}

TEST_F(JobEditorTest, TextAndFormsAreTwoViewsOfOne) {
    open();
    showTab("YAML");
    auto* text = field<QPlainTextEdit>("yamlText");
    EXPECT_TRUE(text->toPlainText().startsWith(QLatin1String("job: nightly\n")));
    saveScreenshots("job-editor-yaml");
    text->setPlainText(text->toPlainText().replace(QLatin1String("Each night"), QLatin1String("Each morning")));
    showTab("General");
    EXPECT_EQ(field<QPlainTextEdit>("draft_documentation")->toPlainText(), QStringLiteral("Each morning what is new"));
    auto* owner = field<QLineEdit>("draft_owner");
    owner->setFocus();
    owner->selectAll();
    QTest::keyClicks(owner, QStringLiteral("otto"));
    showTab("YAML");
    EXPECT_TRUE(text->toPlainText().contains(QLatin1String("owner: otto")));
    text->setPlainText(QStringLiteral("job: [nightly"));
    EXPECT_FALSE(field<QTabWidget>("jobEditorTabs")->isTabEnabled(0)) << "forms cannot show what cannot be read";
    EXPECT_GT(field<QListWidget>("yamlProblems")->count(), 0);
    text->setFocus();
    QTest::keyClick(text, Qt::Key_Z, Qt::ControlModifier);
    EXPECT_TRUE(field<QTabWidget>("jobEditorTabs")->isTabEnabled(0));
}

TEST_F(JobEditorTest, IsLookedAtBeforeItIsSavedAndTriedOut) {
    open();
    showTab("General");
    saveScreenshots("job-editor");
    auto* run_as = field<QLineEdit>("draft_run_as");
    run_as->setFocus();
    run_as->selectAll();
    QTest::keyClicks(run_as, QStringLiteral("root"));
    jobs_->with([](app::FakeJobsClient::Content& content) {
        content.problems = {fail(ErrorCode::kInvalidArgument, "job.yaml:1:1: you may not have jobs run as 'root'")};
    });
    ASSERT_TRUE(button("saveJobButton")->isEnabled());
    window_->activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(window_.get(), 60'000));
    QTest::keyClick(window_.get(), Qt::Key_S, Qt::ControlModifier);
    answered();
    ASSERT_FALSE(jobs_->done().empty());
    EXPECT_EQ(jobs_->done().back(), "check 4");
    EXPECT_TRUE(field<QLabel>("draft_job_problem")->text().contains(QLatin1String("root")));
    jobs_->with([](app::FakeJobsClient::Content& content) { content.problems.clear(); });
    run_as->selectAll();
    QTest::keyClicks(run_as, QStringLiteral("loader"));
    EXPECT_FALSE(field<QLabel>("draft_job_problem")->isVisible());
    QTest::mouseClick(button("saveJobButton"), Qt::LeftButton);
    answered();
    auto* dialog = field<QDialog>("saveJobDialog");
    ASSERT_NE(dialog, nullptr);
    EXPECT_TRUE(dialog->findChild<QPlainTextEdit*>(QStringLiteral("saveJobDiff"))
                    ->toPlainText()
                    .contains(QLatin1String("+a: new")));
    QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("saveJobConfirm")), Qt::LeftButton);
    answered();
    EXPECT_EQ(jobs_->done().back(), "apply 4");
    EXPECT_FALSE(editor().isChanged());
    EXPECT_TRUE(jobs_->with([](const app::FakeJobsClient::Content& content) {
        return content.applied.find("run_as: loader") != std::string::npos;
    }));
    // A run of it as it stands, with parameters.
    QTest::mouseClick(button("testJobButton"), Qt::LeftButton);
    auto* ask = field<QDialog>("runDialog");
    ASSERT_NE(ask, nullptr);
    QTest::keyClicks(ask->findChild<QLineEdit*>(QStringLiteral("parameter_day")), QStringLiteral("2026-11-22"));
    QTest::mouseClick(ask->findChild<QPushButton*>(QStringLiteral("runDialogStart")), Qt::LeftButton);
    answered();
    EXPECT_EQ(jobs_->done().back(), "test day=2026-11-22");
    ASSERT_TRUE(
        processEventsUntil([&] { return field<QLabel>("runTitle")->text().startsWith(QLatin1String("Run 77")); }));
}

TEST_F(JobEditorTest, VersionsAreComparedAndTakenBack) {
    open();
    showTab("Versions");
    auto* versions = field<QTreeWidget>("versionsList");
    ASSERT_TRUE(processEventsUntil([&] { return versions->topLevelItemCount() == 2; }));
    auto* diff = field<QPlainTextEdit>("versionDiff");
    ASSERT_TRUE(processEventsUntil([&] { return diff->toPlainText().contains(QLatin1String("+ run_as: etl")); }))
        << diff->toPlainText().toStdString();
    saveScreenshots("job-editor-versions");
    versions->setCurrentItem(versions->topLevelItem(1));
    auto* restore = button("restoreVersionButton");
    ASSERT_TRUE(processEventsUntil([&] { return restore->isEnabled(); }));
    QTest::mouseClick(restore, Qt::LeftButton);
    EXPECT_TRUE(editor().isChanged());
    EXPECT_EQ(valueOf("run_as"), QString());
}

TEST_F(JobEditorTest, NothingIsLostWithoutAQuestion) {
    QTest::mouseClick(button("newJobButton"), Qt::LeftButton);
    ASSERT_EQ(window_->jobEditors().size(), 1);
    EXPECT_FALSE(editor().isChanged());
    auto* name = field<QLineEdit>("draft_job");
    name->setFocus();
    name->selectAll();
    QTest::keyClicks(name, QStringLiteral("weekly"));
    EXPECT_TRUE(window_->tabs().tabText(window_->tabs().indexOf(&editor())).contains(QLatin1String("weekly")));
    window_->close();
    EXPECT_TRUE(window_->isVisible());
    auto* box = field<QMessageBox>("changedJobBox");
    ASSERT_NE(box, nullptr);
    box->reject();
    EXPECT_TRUE(window_->isVisible());
    ASSERT_EQ(window_->jobEditors().size(), 1);
    EXPECT_EQ(valueOf("job"), QStringLiteral("weekly"));
}

}  // namespace
}  // namespace tessera::workbench

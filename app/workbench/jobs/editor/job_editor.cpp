// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/jobs/editor/job_editor.h"

#include "app/workbench/documents/card_list.h"
#include "app/workbench/documents/diff_text.h"
#include "app/workbench/documents/draft_form.h"
#include "app/workbench/documents/versions_view.h"
#include "app/workbench/documents/yaml_view.h"
#include "app/workbench/jobs/editor/steps_editor.h"
#include "app/workbench/jobs/editor/trigger_fields.h"
#include "app/workbench/jobs/run_dialog.h"
#include "app/workbench/jobs/run_view.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/note_label.h"
#include "app/workbench/ui/theme.h"
#include "nodeservice/jobs/definition/read.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QLabel>
#include <QPushButton>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <array>

namespace tessera::workbench {

namespace {

enum Tab { kGeneral, kParameters, kTriggers, kSteps, kAlerts, kText, kVersions, kTest };

/// What stands on the tabs that are not of the whole.
constexpr std::array<std::pair<Tab, const char*>, 4> kTabKeys = {
    {{kParameters, "parameters"}, {kTriggers, "triggers"}, {kSteps, "steps"}, {kAlerts, "alerts"}}};

QToolButton* makeTool(const char* object_name, const QString& text, const QKeySequence& key) {
    auto* button = new QToolButton;
    button->setObjectName(QLatin1String(object_name));
    button->setText(text);
    button->setAutoRaise(true);
    button->setToolTip(text + QStringLiteral(" (") + key.toString(QKeySequence::NativeText) + QLatin1Char(')'));
    return button;
}

/// As far as it can be read: what is wrong with the draft stands elsewhere.
jobs::Definition read(const std::string& text) {
    return text.empty() ? jobs::Definition() : jobs::readDefinition(text, "job.yaml").definition;
}

}  // namespace

JobEditor::JobEditor(std::shared_ptr<app::JobNodes> nodes, const QStringList& jobs, QWidget* parent)
    : DocumentPage(parent),
      nodes_(std::move(nodes)),
      draft_(nodes_),
      title_(new QLabel),
      note_(new NoteLabel(QStringLiteral("jobEditorNote"))),
      undo_(makeTool("jobUndo", tr("Undo"), QKeySequence::Undo)),
      redo_(makeTool("jobRedo", tr("Redo"), QKeySequence::Redo)),
      test_(new QPushButton(tr("Test run…"))),
      save_(new QPushButton(tr("Save…"))),
      tabs_(new QTabWidget),
      steps_(new StepsEditor(draft_, jobs)) {
    setObjectName(QStringLiteral("jobEditor"));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    note_->setContentsMargins(12, 0, 12, 8);
    tabs_->setObjectName(QStringLiteral("jobEditorTabs"));
    tabs_->setDocumentMode(true);
    tabs_->addTab(buildGeneral(), tr("General"));
    tabs_->addTab(buildParameters(), tr("Parameters"));
    tabs_->addTab(buildTriggers(jobs), tr("Schedule"));
    tabs_->addTab(steps_, tr("Steps"));
    tabs_->addTab(buildAlerts(), tr("Alerts"));
    tabs_->addTab(new YamlView(draft_, tr("The job's file"),
                               {.read = [this] { return draft_.yaml(); },
                                .write = [this](const std::string& text) { draft_.setYaml(text); }}),
                  tr("YAML"));
    versions_ = new VersionsView(draft_, versionSource());
    tabs_->addTab(versions_, tr("Versions"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(buildBar());
    layout->addWidget(note_);
    layout->addWidget(tabs_, 1);
    watch_.setNodes(nodes_);
    connectDraft();
}

QWidget* JobEditor::buildBar() {
    title_->setObjectName(QStringLiteral("jobEditorTitle"));
    title_->setTextFormat(Qt::PlainText);
    test_->setObjectName(QStringLiteral("testJobButton"));
    test_->setProperty("secondary", true);
    test_->setToolTip(tr("Runs it as it stands here, without saving it: nothing follows, nobody is alerted"));
    save_->setObjectName(QStringLiteral("saveJobButton"));
    save_->setToolTip(tr("Shows what will change, then saves (Ctrl+S)"));
    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(12, 10, 12, 10);
    row->setSpacing(8);
    row->addWidget(title_, 1);
    row->addWidget(undo_);
    row->addWidget(redo_);
    row->addWidget(test_);
    row->addWidget(save_);
    connect(undo_, &QToolButton::clicked, &draft_, &app::JobDraft::undo);
    connect(redo_, &QToolButton::clicked, &draft_, &app::JobDraft::redo);
    connect(save_, &QPushButton::clicked, this, &JobEditor::save);
    connect(test_, &QPushButton::clicked, this, &JobEditor::askToTest);
    return bar;
}

QWidget* JobEditor::buildGeneral() {
    auto* form = new DraftForm(draft_);
    form->addText("job", tr("Name"), tr("Lower-case letters, digits, -, _ and ."), DraftForm::WhenEmpty::kKeep);
    form->addLines("documentation", tr("What it is for"), tr("For people"));
    form->addText("owner", tr("Owner"), tr("Whom it belongs to, like anna@example.org"), DraftForm::WhenEmpty::kKeep);
    form->addText("run_as", tr("Runs as"), tr("A service user of the nodes; the owner, if that is one"));
    form->addList("nodes", tr("On the nodes"), tr("Names with commas between; any when empty"));
    form->addChoice("concurrency", tr("While a run is under way"),
                    {{"queue", tr("the next one waits")},
                     {"skip", tr("the next one is left out")},
                     {"replace", tr("the next one takes its place")},
                     {"allow", tr("the next one runs beside it")}});
    form->addText("timeout", tr("Time-out"), tr("24h; else like 10m or 2h"));
    form->addText("retries/count", tr("Steps are tried again"), tr("How often, after they failed; 0 when empty"));
    form->addText("retries/wait", tr("After"), tr("30s, then twice as long each time"));
    form->addText("keep", tr("Runs are kept"), tr("90d; else like 30d"));
    return inScrollArea(form);
}

QWidget* JobEditor::buildParameters() {
    return new CardList(
        draft_, "parameters",
        {tr("No parameters. Texts of steps hold them as ${name}, and each run can be given other values."),
         tr("Add parameter"), tr("Remove this parameter")},
        [](DraftForm& form) {
            form.addText("name", tr("Name"), tr("Letters, digits and _"), DraftForm::WhenEmpty::kKeep);
            form.addChoice("type", tr("Type"),
                           {{"text", tr("text")},
                            {"integer", tr("whole number")},
                            {"decimal", tr("number")},
                            {"boolean", tr("true or false")},
                            {"date", tr("date")},
                            {"time", tr("time")}});
            form.addText("documentation", tr("What it is for"));
            form.addText("default", tr("Default"),
                         tr("Without one each run must be given a value; may be ${run.date}"));
        },
        [](app::YamlDocument& document, const std::string& path) {
            document.put(path + "/name", "name");
            document.put(path + "/default", "value");
        });
}

QWidget* JobEditor::buildTriggers(const QStringList& jobs) {
    return new CardList(
        draft_, "triggers",
        {tr("Nothing starts it by itself: it runs by hand, by the API, or by other jobs."), tr("Add schedule"),
         tr("Remove this schedule")},
        [jobs](DraftForm& form) { addTriggerFields(form, jobs); },
        [](app::YamlDocument& document, const std::string& path) { document.put(path + "/cron", "0 2 * * *"); });
}

QWidget* JobEditor::buildAlerts() {
    return new CardList(
        draft_, "alerts", {tr("Nobody is told how its runs end."), tr("Add alert"), tr("Remove this alert")},
        [](DraftForm& form) {
            form.addChoice("on", tr("When a run"),
                           {{"failure", tr("has failed")}, {"success", tr("has succeeded")}, {"any", tr("has ended")}});
            form.addKind(tr("Is told by"), {{"email", tr("e-mail")},
                                            {"desktop", tr("a notice on their desktop")},
                                            {"webhook", tr("a call of an address")}});
            form.addText("email", tr("To"), QStringLiteral("anna@example.org"), DraftForm::WhenEmpty::kKeep);
            form.onlyWith("email");
            form.addText("desktop", tr("Whose"), tr("Their e-mail address, or a role of the nodes"),
                         DraftForm::WhenEmpty::kKeep);
            form.onlyWith("desktop");
            form.addText("webhook", tr("Address"), QStringLiteral("https://"), DraftForm::WhenEmpty::kKeep);
            form.onlyWith("webhook");
        },
        [](app::YamlDocument& document, const std::string& path) { document.put(path + "/email", ""); });
}

VersionSource JobEditor::versionSource() {
    return {.reader = [this]() -> VersionSource::Read {
                if (draft_.isNew()) {
                    return nullptr;
                }
                return [nodes = nodes_,
                        name = draft_.document().value("job")](std::int64_t version) -> Result<TextVersions> {
                    const auto details =
                        TSR_TRY(nodes->ask([&](client::JobsClient& node) { return node.get(name, version); }));
                    TextVersions versions{{}, details.version.version, details.text};
                    for (const client::JobVersionInfo& one : details.versions) {
                        versions.all.push_back({one.version, one.author, one.at_ms});
                    }
                    return versions;
                };
            },
            .diff = [](const std::string& before,
                       const std::string& after) { return jobs::diffDefinitions(read(before), read(after)); },
            .draft = [this] { return draft_.yaml(); },
            .take = [this](const std::string& text) { draft_.setYaml(text); }};
}

void JobEditor::connectDraft() {
    connect(&draft_, &app::JobDraft::changed, this, &JobEditor::showAll);
    connect(&draft_, &app::JobDraft::askingChanged, this, &JobEditor::showAll);
    connect(&draft_, &app::JobDraft::checked, this, &JobEditor::askToSave);
    connect(&draft_, &app::JobDraft::failed, this,
            [this](const QString& why) { note_->setNote(why, NoteLabel::Tone::kError); });
    connect(&draft_, &app::JobDraft::saved, this, [this] {
        job_name_ = QString::fromStdString(draft_.document().value("job"));
        note_->setNote(tr("Saved as version %1.").arg(draft_.version()));
        versions_->refresh();
        Q_EMIT saved(job_name_);
    });
    connect(&draft_, &app::JobDraft::testStarted, this, &JobEditor::showTest);
}

void JobEditor::save() {
    if (save_->isEnabled()) {
        draft_.check();
    }
}

void JobEditor::begin(const QString& owner) {
    draft_.begin(QStringLiteral("new-job"), owner);
}

void JobEditor::open(const client::JobDetails& details, const QString& as) {
    if (as.isEmpty()) {
        job_name_ = QString::fromStdString(details.job.name);
        draft_.open(details);
    } else {
        draft_.openCopy(details, as);
    }
}

std::optional<app::DocumentText> JobEditor::kept() const {
    if (!draft_.isChanged() && !draft_.isNew()) {
        return std::nullopt;
    }
    return app::DocumentText{QStringLiteral("job"), job_name_, draft_.version(),
                             QString::fromStdString(draft_.savedText()), QString::fromStdString(draft_.text())};
}

void JobEditor::restore(const app::DocumentText& left) {
    job_name_ = left.name;
    draft_.restore(left.name.toStdString(), left.version, left.saved.toStdString(), left.text.toStdString());
}

QString JobEditor::title() const {
    const QString name = QString::fromStdString(draft_.document().value("job"));
    return draft_.isChanged() || draft_.isNew() ? QStringLiteral("• ") + name : name;
}

void JobEditor::showAll() {
    const QString name = QString::fromStdString(draft_.document().value("job"));
    title_->setText(draft_.isNew()       ? tr("%1 · a new job").arg(name)
                    : draft_.isChanged() ? tr("%1 · version %2, changed").arg(name).arg(draft_.version())
                                         : tr("%1 · version %2").arg(name).arg(draft_.version()));
    undo_->setEnabled(draft_.canUndo());
    redo_->setEnabled(draft_.canRedo());
    const bool can_ask = draft_.definition().has_value() && !draft_.isAsking();
    save_->setEnabled(can_ask && (draft_.isChanged() || draft_.isNew()));
    test_->setEnabled(can_ask && !draft_.isNew());
    const auto& problems = draft_.problems();
    if (!problems.empty()) {
        const int count = static_cast<int>(problems.size());
        note_->setNote(count == 1 ? problems.front().text
                                  : tr("%n problems; the first: %1", nullptr, count).arg(problems.front().text),
                       NoteLabel::Tone::kError);
    } else if (sender() == &draft_ && !draft_.isAsking()) {
        note_->setNote({});
    }
    showTabs();
    Q_EMIT titleChanged();
}

/// Forms change what can be read only; tabs with problems say so.
void JobEditor::showTabs() {
    int general = static_cast<int>(draft_.problems().size());
    const QIcon wrong = icon("error", currentTheme().error);
    for (const auto& [tab, key] : kTabKeys) {
        const int count = draft_.problemsBeneath(key);
        general -= count;
        tabs_->setTabIcon(tab, count > 0 ? wrong : QIcon());
        tabs_->setTabEnabled(tab, draft_.isReadable());
    }
    tabs_->setTabEnabled(kGeneral, draft_.isReadable());
    tabs_->setTabIcon(kGeneral, general > 0 ? wrong : QIcon());
    tabs_->setTabIcon(kText, draft_.isReadable() ? QIcon() : wrong);
}

void JobEditor::askToSave(const QString& diff) {
    if (diff.isEmpty() && !draft_.isNew()) {
        note_->setNote(tr("Nothing would change."));
        return;
    }
    auto* dialog = new QDialog(this);
    dialog->setObjectName(QStringLiteral("saveJobDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    const QString name = QString::fromStdString(draft_.document().value("job"));
    dialog->setWindowTitle(draft_.isNew() ? tr("Save %1").arg(name)
                                          : tr("Save version %1 of %2").arg(draft_.version() + 1).arg(name));
    auto* shown = new DiffText("saveJobDiff", tr("What will change"));
    shown->setDiff(diff, {});
    auto* buttons = new QDialogButtonBox;
    QPushButton* save = buttons->addButton(tr("Save"), QDialogButtonBox::AcceptRole);
    save->setObjectName(QStringLiteral("saveJobConfirm"));
    save->setDefault(true);
    buttons->addButton(QDialogButtonBox::Cancel)->setProperty("secondary", true);
    auto* layout = new QVBoxLayout(dialog);
    layout->setContentsMargins(20, 16, 20, 16);
    layout->addWidget(new QLabel(tr("The mesh has looked at it. This will change:")));
    layout->addWidget(shown, 1);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, dialog, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    connect(dialog, &QDialog::accepted, &draft_, &app::JobDraft::save);
    constexpr QSize kSize(640, 420);
    dialog->resize(kSize);
    dialog->open();
}

void JobEditor::askToTest() {
    if (!draft_.definition()) {
        return;
    }
    if (draft_.definition()->parameters.empty()) {
        draft_.test({});
        return;
    }
    auto* dialog = new RunDialog(*draft_.definition(), RunDialog::What::kRun, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] { draft_.test(dialog->parameters()); });
    dialog->open();
}

void JobEditor::showTest(std::int64_t run) {
    if (run_view_ == nullptr) {
        run_view_ = new RunView;
        tabs_->addTab(run_view_, tr("Test run"));
        connect(&watch_, &app::JobsWatch::changed, this,
                [this] { run_view_->setRun(watch_.run() ? &*watch_.run() : nullptr); });
        connect(&watch_, &app::JobsWatch::logCleared, run_view_, &RunView::clearLog);
        connect(&watch_, &app::JobsWatch::logAdded, run_view_, &RunView::addToLog);
    }
    tabs_->setCurrentWidget(run_view_);
    watch_.chooseRun(run);
    watch_.start();
}

void JobEditor::askBeforeClosing(const std::function<void()>& then) {
    askToDiscard(QStringLiteral("changedJobBox"), tr("Changed job"),
                 tr("“%1” has changes that are not saved.").arg(QString::fromStdString(draft_.document().value("job"))),
                 tr("Discard"), then);
}

}  // namespace tessera::workbench

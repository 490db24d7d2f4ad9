// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/jobs/editor/steps_editor.h"

#include "app/core/jobs/job_steps.h"
#include "app/workbench/documents/draft_form.h"
#include "app/workbench/editor/sql_editor.h"
#include "app/workbench/graph/graph_view.h"
#include "app/workbench/ui/note_label.h"

#include <QComboBox>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QStyleOptionButton>
#include <QStylePainter>
#include <QVBoxLayout>
#include <algorithm>
#include <map>

namespace tessera::workbench {

namespace {

QString qt(const std::string& text) {
    return QString::fromStdString(text);
}

/// A field whose value is chosen from a menu: its text begins where other fields' does, which a style sheet leaves
/// undone for buttons with a menu, and is shortened at its end.
class ChoiceButton : public QPushButton {
  protected:
    void paintEvent(QPaintEvent* /*event*/) override {
        QStylePainter painter(this);
        QStyleOptionButton option;
        initStyleOption(&option);
        option.text.clear();
        painter.drawControl(QStyle::CE_PushButton, option);
        constexpr int kPadding = 9;
        constexpr int kArrow = 24;
        const QRect place = rect().adjusted(kPadding, 0, -kArrow, 0);
        painter.drawItemText(place, Qt::AlignLeft | Qt::AlignVCenter, palette(), isEnabled(),
                             fontMetrics().elidedText(text(), Qt::ElideRight, place.width()), QPalette::ButtonText);
    }
};

const char* iconOf(const std::string& kind) {
    static const std::map<std::string, const char*> kIcons = {{"sql", "query"}, {"export", "rows"},
                                                              {"copy", "copy"}, {"refresh", "refresh"},
                                                              {"http", "mesh"}, {"job", "run"}};
    const auto found = kIcons.find(kind);
    return found == kIcons.end() ? "error" : found->second;
}

/// What a step does, in a few words.
QString detailOf(const app::YamlDocument& document, std::size_t position) {
    const std::string path = app::stepPath(position) + "/";
    const std::string kind = app::stepKind(document, position);
    static const std::map<std::string, const char*> kKeys = {{"sql", "sql"},        {"export", "export/to"},
                                                             {"copy", "copy/into"}, {"refresh", "refresh"},
                                                             {"http", "http/url"},  {"job", "job/name"}};
    const auto key = kKeys.find(kind);
    constexpr qsizetype kMost = 28;
    QString text = key == kKeys.end() ? QString() : qt(document.value(path + key->second)).simplified();
    return text.size() > kMost ? text.left(kMost) + QStringLiteral("…") : text;
}

}  // namespace

QString stepKindText(const std::string& kind) {
    return kind == "sql"       ? StepsEditor::tr("SQL")
           : kind == "export"  ? StepsEditor::tr("Export to files")
           : kind == "copy"    ? StepsEditor::tr("Copy into a table")
           : kind == "refresh" ? StepsEditor::tr("Refresh a view")
           : kind == "http"    ? StepsEditor::tr("Call an address")
           : kind == "job"     ? StepsEditor::tr("Run another job")
                               : StepsEditor::tr("nothing yet");
}

StepsEditor::StepsEditor(app::JobDraft& draft, const QStringList& jobs, QWidget* parent)
    : QWidget(parent),
      draft_(draft),
      graph_(new GraphView("stepsGraph", tr("Steps and what they wait for"))),
      stack_(new QStackedWidget),
      remove_(new QPushButton(tr("Remove step"))) {
    auto* add_menu = new QMenu(this);
    add_menu->setObjectName(QStringLiteral("addStepMenu"));
    for (const char* kind : app::kStepKinds) {
        connect(add_menu->addAction(stepKindText(kind)), &QAction::triggered, this, [this, kind] { add(kind); });
    }
    auto* add_button = new QPushButton(tr("Add step"));
    add_button->setObjectName(QStringLiteral("addStepButton"));
    add_button->setProperty("secondary", true);
    add_button->setMenu(add_menu);
    remove_->setObjectName(QStringLiteral("removeStepButton"));
    remove_->setProperty("secondary", true);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 8, 12, 8);
    bar->setSpacing(8);
    bar->addWidget(add_button);
    bar->addWidget(remove_);
    bar->addStretch();
    auto* top = new QWidget;
    auto* top_layout = new QVBoxLayout(top);
    top_layout->setContentsMargins(0, 0, 0, 0);
    top_layout->setSpacing(0);
    top_layout->addWidget(graph_, 1);
    top_layout->addLayout(bar);
    auto* none = new NoteLabel;
    none->setNote(tr("There are no steps yet: add one."));
    none->setContentsMargins(20, 16, 20, 16);
    none->setAlignment(Qt::AlignTop);
    stack_->addWidget(buildForm(jobs));
    stack_->addWidget(none);
    auto* parts = new QSplitter(Qt::Vertical);
    parts->setHandleWidth(1);
    parts->setChildrenCollapsible(false);
    parts->addWidget(top);
    parts->addWidget(stack_);
    constexpr int kGraphPart = 240;
    constexpr int kFormPart = 420;
    parts->setSizes({kGraphPart, kFormPart});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(parts);
    connect(remove_, &QPushButton::clicked, this, &StepsEditor::removeChosen);
    connect(graph_, &GraphView::selectionChanged, this, [this](const QString& id) {
        if (!id.isEmpty() && id.toULongLong() != chosen_) {
            choose(id.toULongLong());
        }
    });
    connect(&draft_, &app::JobDraft::changed, this, &StepsEditor::showAll);
    connect(graph_, &GraphView::shown, this, [this] { graph_->select(QString::number(chosen_)); });
    showAll();
}

QWidget* StepsEditor::buildForm(const QStringList& jobs) {
    form_ = new DraftForm(draft_, app::stepPath(0));
    addGeneralFields();
    addKindFields(jobs);
    form_->addText("timeout", tr("Time-out"), tr("As the job's, else like 10m or 2h"));
    form_->addText("retries/count", tr("Tried again"), tr("How often, when it fails; as the job says when empty"));
    return inScrollArea(form_);
}

void StepsEditor::addGeneralFields() {
    auto* name = new QLineEdit;
    connect(name, &QLineEdit::textEdited, this, [this](const QString& text) {
        form_->change("name",
                      [&](app::YamlDocument& document) { app::renameStep(document, chosen_, text.toStdString()); });
    });
    form_->addWidget("name", tr("Name"), name, [this, name] {
        const QString text = qt(draft_.document().value(form_->path("name")));
        if (name->text() != text) {
            name->setText(text);
        }
    });
    auto* kind = new QComboBox;
    kind->setObjectName(QStringLiteral("stepKind"));
    for (const char* one : app::kStepKinds) {
        kind->addItem(stepKindText(one), QLatin1String(one));
    }
    connect(kind, &QComboBox::activated, this, [this, kind] {
        form_->change({}, [&](app::YamlDocument& document) {
            app::setStepKind(document, chosen_, kind->currentData().toString().toStdString());
        });
    });
    form_->addWidget("kind", tr("What it does"), kind, [this, kind] {
        kind->setCurrentIndex(kind->findData(qt(app::stepKind(draft_.document(), chosen_))));
    });
    before_ = new ChoiceButton;
    before_->setObjectName(QStringLiteral("stepBefore"));
    before_->setProperty("secondary", true);
    before_menu_ = new QMenu(before_);
    before_->setMenu(before_menu_);
    connect(before_menu_, &QMenu::aboutToShow, this, &StepsEditor::fillBeforeMenu);
    form_->addWidget("after", tr("Comes after"), before_, [this] {
        QStringList names;
        for (const std::string& one : app::stepsBefore(draft_.document(), chosen_)) {
            names += qt(one);
        }
        before_->setText(names.isEmpty() ? tr("nothing: it begins at once") : names.join(QStringLiteral(", ")));
    });
}

void StepsEditor::addKindFields(const QStringList& jobs) {
    using WhenEmpty = DraftForm::WhenEmpty;
    form_->addSql("sql", tr("SQL"));
    form_->onlyWith("sql");
    form_->addSql("export/query", tr("Rows of"));
    form_->onlyWith("export");
    form_->addText("export/to", tr("To"),
                   tr("A path beneath a node's export folders, like /data/orders-${day}.parquet"), WhenEmpty::kKeep);
    form_->onlyWith("export");
    form_->addChoice(
        "export/format", tr("Format"),
        {{"parquet", tr("Parquet")}, {"csv", tr("CSV")}, {"json", tr("JSON, a line each")}, {"xlsx", tr("Excel")}});
    form_->onlyWith("export");
    form_->addList("export/partition_by", tr("A folder each for"), tr("Columns, with commas between"));
    form_->onlyWith("export");
    form_->addSql("copy/query", tr("Rows of"));
    form_->onlyWith("copy");
    form_->addText("copy/into", tr("Into"), tr("schema.table"), WhenEmpty::kKeep);
    form_->onlyWith("copy");
    form_->addChoice("copy/mode", tr("Rows there"),
                     {{"append", tr("stay")},
                      {"replace", tr("are replaced")},
                      {"upsert", tr("are replaced where the key is the same")},
                      {"incremental", tr("stay; only newer ones are added")}});
    form_->onlyWith("copy");
    const auto has_mode = [this](const char* mode) {
        return [this, mode] { return draft_.document().value(form_->path("copy/mode")) == mode; };
    };
    form_->addList("copy/key", tr("Key"), tr("Columns, with commas between"));
    form_->onlyIf(has_mode("upsert"));
    form_->addText("copy/watermark", tr("Newer by"), tr("A column that only grows"));
    form_->onlyIf(has_mode("incremental"));
    form_->addText("refresh", tr("View"), tr("schema.view"), WhenEmpty::kKeep);
    form_->onlyWith("refresh");
    form_->addText("http/url", tr("Address"), QStringLiteral("https://"), WhenEmpty::kKeep);
    form_->onlyWith("http");
    form_->addChoice("http/method", tr("Method"),
                     {{"POST", QStringLiteral("POST")},
                      {"GET", QStringLiteral("GET")},
                      {"PUT", QStringLiteral("PUT")},
                      {"PATCH", QStringLiteral("PATCH")},
                      {"DELETE", QStringLiteral("DELETE")}});
    form_->onlyWith("http");
    form_->addPairs("http/headers", tr("Headers"), tr("A line each: Name: value"));
    form_->onlyWith("http");
    form_->addLines("http/body", tr("Body"));
    form_->onlyWith("http");
    form_->addText("http/credential", tr("Credential"), tr("A name of the node's configuration"));
    form_->onlyWith("http");
    form_->addProposals("job/name", tr("Job"), jobs, {}, WhenEmpty::kKeep);
    form_->onlyWith("job");
    form_->addPairs("job/parameters", tr("Its parameters"), tr("A line each: name: value"));
    form_->onlyWith("job");
}

void StepsEditor::fillBeforeMenu() {
    before_menu_->clear();
    const app::YamlDocument& document = draft_.document();
    const std::vector<std::string> before = app::stepsBefore(document, chosen_);
    const std::string own = document.value(form_->path("name"));
    for (std::size_t position = 0; position < document.size("steps"); ++position) {
        const std::string name = document.value(app::stepPath(position) + "/name");
        if (position == chosen_) {
            continue;
        }
        QAction* action = before_menu_->addAction(qt(name));
        action->setCheckable(true);
        action->setChecked(std::find(before.begin(), before.end(), name) != before.end());
        // They would wait for each other.
        action->setEnabled(!app::comesAfter(document, position, own));
        connect(action, &QAction::toggled, this, [this, name](bool is_on) {
            form_->change({}, [&](app::YamlDocument& changed) {
                std::vector<std::string> names = app::stepsBefore(changed, chosen_);
                std::erase(names, name);
                if (is_on) {
                    names.push_back(name);
                }
                app::setStepsBefore(changed, chosen_, names);
            });
        });
    }
    if (before_menu_->isEmpty()) {
        before_menu_->addAction(tr("There is no other step"))->setEnabled(false);
    }
}

void StepsEditor::choose(std::size_t position) {
    const std::size_t count = draft_.document().size("steps");
    chosen_ = position < count ? position : 0;
    form_->setRoot(app::stepPath(chosen_));
    graph_->select(QString::number(chosen_));
}

void StepsEditor::showAll() {
    const std::size_t count = draft_.document().size("steps");
    if (chosen_ >= count && chosen_ > 0) {
        choose(count == 0 ? 0 : count - 1);
    }
    stack_->setCurrentIndex(count == 0 ? 1 : 0);
    remove_->setEnabled(count > 0);
    showGraph();
}

void StepsEditor::showGraph() {
    const app::YamlDocument& document = draft_.document();
    Graph graph;
    std::map<std::string, int> positions;
    for (std::size_t position = 0; position < document.size("steps"); ++position) {
        const std::string path = app::stepPath(position);
        const std::string kind = app::stepKind(document, position);
        const bool is_wrong = draft_.problemsBeneath(path) > 0;
        positions[document.value(path + "/name")] = static_cast<int>(position);
        graph.boxes.push_back({.id = QString::number(position),
                               .title = qt(document.value(path + "/name")),
                               .subtitle = stepKindText(kind),
                               .icon = is_wrong ? "error" : iconOf(kind),
                               .tone = is_wrong ? GraphBox::Tone::kError : GraphBox::Tone::kAccent,
                               .lines = {},
                               .tooltip = {}});
        if (const QString detail = detailOf(document, position); !detail.isEmpty()) {
            graph.boxes.back().lines.push_back({detail, {}, nullptr});
        }
    }
    for (std::size_t position = 0; position < graph.boxes.size(); ++position) {
        for (const std::string& before : app::stepsBefore(document, position)) {
            if (const auto found = positions.find(before); found != positions.end()) {
                graph.edges.push_back({.from = found->second, .to = static_cast<int>(position), .label = {}});
            }
        }
    }
    graph_->setGraph(std::move(graph));
}

void StepsEditor::add(const std::string& kind) {
    std::size_t position = 0;
    const bool has_steps = draft_.document().size("steps") > 0;
    draft_.change({}, [&](app::YamlDocument& document) {
        position = has_steps ? app::addStep(document, kind, chosen_) : app::addStep(document, kind, 0);
    });
    choose(position);
    if (auto* name = form_->findChild<QLineEdit*>(QStringLiteral("draft_name"))) {
        name->setFocus();
        name->selectAll();
    }
}

void StepsEditor::removeChosen() {
    const std::size_t position = chosen_;
    draft_.change({}, [&](app::YamlDocument& document) { app::removeStep(document, position); });
    choose(position == 0 ? 0 : position - 1);
}

}  // namespace tessera::workbench

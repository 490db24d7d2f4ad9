// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/endpoints/endpoint_editor.h"

#include "app/workbench/documents/diff_text.h"
#include "app/workbench/documents/versions_view.h"
#include "app/workbench/documents/yaml_view.h"
#include "app/workbench/editor/sql_assistant.h"
#include "app/workbench/endpoints/code_view.h"
#include "app/workbench/endpoints/endpoint_forms.h"
#include "app/workbench/endpoints/endpoint_text.h"
#include "app/workbench/endpoints/model_try.h"
#include "app/workbench/endpoints/try_panel.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/note_label.h"
#include "app/workbench/ui/theme.h"
#include "common/line_diff.h"
#include "nodeservice/endpoints/definition/read.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QLabel>
#include <QPushButton>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

namespace tessera::workbench {

namespace {

QString qt(const std::string& text) {
    return QString::fromStdString(text);
}

QToolButton* makeTool(const char* object_name, const QString& text, const QKeySequence& key) {
    auto* button = new QToolButton;
    button->setObjectName(QLatin1String(object_name));
    button->setText(text);
    button->setAutoRaise(true);
    button->setToolTip(text + QStringLiteral(" (") + key.toString(QKeySequence::NativeText) + QLatin1Char(')'));
    return button;
}

}  // namespace

EndpointEditor::EndpointEditor(Kind kind, std::shared_ptr<app::EndpointNodes> nodes, QString address, QWidget* parent)
    : DocumentPage(parent),
      nodes_(std::move(nodes)),
      address_(std::move(address)),
      draft_(kind, nodes_),
      title_(new QLabel),
      note_(new NoteLabel(QStringLiteral("endpointNote"))),
      undo_(makeTool("endpointUndo", tr("Undo"), QKeySequence::Undo)),
      redo_(makeTool("endpointRedo", tr("Redo"), QKeySequence::Redo)),
      publish_(new QPushButton(tr("Publish…"))),
      tabs_(new QTabWidget) {
    setObjectName(QStringLiteral("endpointEditor"));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    note_->setContentsMargins(12, 0, 12, 8);
    tabs_->setObjectName(QStringLiteral("endpointTabs"));
    tabs_->setDocumentMode(true);
    kind == Kind::kModel ? addModelTabs() : addEndpointTabs();
    code_ = new CodeView(nodes_);
    tabs_->addTab(code_, tr("Code"));
    versions_ = new VersionsView(draft_, versionSource());
    tabs_->addTab(versions_, tr("Versions"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(buildBar());
    layout->addWidget(note_);
    layout->addWidget(tabs_, 1);
    connectDraft();
    showAll();
}

QWidget* EndpointEditor::buildBar() {
    title_->setObjectName(QStringLiteral("endpointTitle"));
    title_->setTextFormat(Qt::PlainText);
    publish_->setObjectName(QStringLiteral("publishButton"));
    publish_->setToolTip(tr("Shows what will change, then publishes (Ctrl+S)"));
    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(12, 10, 12, 10);
    row->setSpacing(8);
    row->addWidget(title_, 1);
    row->addWidget(undo_);
    row->addWidget(redo_);
    row->addWidget(publish_);
    connect(undo_, &QToolButton::clicked, &draft_, &app::DocumentDraft::undo);
    connect(redo_, &QToolButton::clicked, &draft_, &app::DocumentDraft::redo);
    connect(publish_, &QPushButton::clicked, this, &EndpointEditor::save);
    return bar;
}

void EndpointEditor::addEndpointTabs() {
    text_ = new EndpointText(draft_);
    tabs_->addTab(text_, tr("File"));
    pages_ = {{makeEndpointForm(draft_), ""}, {makeParameterCards(draft_), "parameters"}};
    tabs_->addTab(pages_[0].first, tr("General"));
    tabs_->addTab(pages_[1].first, tr("Parameters"));
    try_ = new TryPanel(nodes_);
    tabs_->addTab(try_, tr("Try it"));
    connect(try_, &TryPanel::callChanged, this, &EndpointEditor::showCommand);
}

void EndpointEditor::addModelTabs() {
    tabs_->addTab(new YamlView(draft_, tr("The model's file"),
                               {.read = [this] { return draft_.text(); },
                                .write = [this](const std::string& text) { draft_.setText(text); }}),
                  tr("File"));
    pages_ = {{makeModelForm(draft_), ""},
              {makeFieldCards(draft_), "fields"},
              {makeRelationshipCards(draft_), "relationships"}};
    tabs_->addTab(pages_[0].first, tr("General"));
    tabs_->addTab(pages_[1].first, tr("Fields"));
    tabs_->addTab(pages_[2].first, tr("Relationships"));
    model_try_ = new ModelTry(nodes_);
    tabs_->addTab(model_try_, tr("Try it"));
    connect(model_try_, &ModelTry::callChanged, this, &EndpointEditor::showCommand);
}

VersionSource EndpointEditor::versionSource() {
    return {.reader = [this]() -> VersionSource::Read {
                if (draft_.isNew()) {
                    return nullptr;
                }
                const std::string& name = draft_.publishedName();
                return [nodes = nodes_, stored = draft_.kind() == Kind::kModel ? app::modelFileName(name) : name](
                           std::int64_t version) -> Result<TextVersions> {
                    const auto details =
                        TSR_TRY(nodes->ask([&](client::EndpointsClient& node) { return node.get(stored, version); }));
                    TextVersions versions{{}, details.version.version, details.text};
                    for (const client::EndpointVersion& one : details.versions) {
                        versions.all.push_back({one.version, one.author, one.at_ms});
                    }
                    return versions;
                };
            },
            .diff = [](const std::string& before, const std::string& after) { return diffLines(before, after); },
            .draft = [this] { return draft_.text(); },
            .take = [this](const std::string& text) { draft_.setText(text); }};
}

void EndpointEditor::connectDraft() {
    connect(&draft_, &app::DocumentDraft::changed, this, &EndpointEditor::showAll);
    connect(&draft_, &app::EndpointDraft::checkChanged, this, &EndpointEditor::showAll);
    connect(&draft_, &app::EndpointDraft::failed, this, [this](const QString& why) {
        told_.clear();
        note_->setNote(why, NoteLabel::Tone::kError);
    });
    connect(&draft_, &app::EndpointDraft::published, this, [this] {
        told_ = tr("Published as version %1.").arg(draft_.version());
        showAll();
        versions_->refresh();
        Q_EMIT published();
    });
}

std::optional<app::DocumentText> EndpointEditor::kept() const {
    if (!draft_.isChanged() && !draft_.isNew()) {
        return std::nullopt;
    }
    const char* kind = draft_.kind() == Kind::kModel ? "model" : "endpoint";
    return app::DocumentText{QLatin1String(kind), qt(draft_.publishedName()), draft_.version(), qt(draft_.savedText()),
                             qt(draft_.text())};
}

void EndpointEditor::restore(const app::DocumentText& left) {
    draft_.restore(left.name.toStdString(), left.version, left.saved.toStdString(), left.text.toStdString());
}

QString EndpointEditor::title() const {
    const std::string name = draft_.name().empty() ? draft_.publishedName() : draft_.name();
    return draft_.isChanged() || draft_.isNew() ? QStringLiteral("• ") + qt(name) : qt(name);
}

void EndpointEditor::showAll() {
    const QString name = qt(draft_.name());
    const bool is_model = draft_.kind() == Kind::kModel;
    title_->setText(draft_.isNew()       ? (is_model ? tr("%1 · a new model") : tr("%1 · a new endpoint")).arg(name)
                    : draft_.isChanged() ? tr("%1 · version %2, changed").arg(name).arg(draft_.version())
                                         : tr("%1 · version %2").arg(name).arg(draft_.version()));
    undo_->setEnabled(draft_.canUndo());
    redo_->setEnabled(draft_.canRedo());
    publish_->setEnabled((draft_.definition() || draft_.model()) && !draft_.isPublishing() && !draft_.isChecking() &&
                         draft_.problems().empty() && (draft_.isChanged() || draft_.isNew()));
    if (draft_.isChanged()) {
        told_.clear();
    }
    showCheck();
    showTabs();
    showTry();
    Q_EMIT titleChanged();
}

void EndpointEditor::showCheck() {
    const auto& problems = draft_.problems();
    if (!problems.empty()) {
        const int count = static_cast<int>(problems.size());
        note_->setNote(count == 1 ? problems.front().text
                                  : tr("%n problems; the first: %1", nullptr, count).arg(problems.front().text),
                       NoteLabel::Tone::kError);
    } else if (draft_.isPublishing()) {
        note_->setNote(tr("Publishing…"));
    } else if (!draft_.checkProblem().isEmpty()) {
        note_->setNote(tr("The mesh could not look at it: %1").arg(draft_.checkProblem()), NoteLabel::Tone::kError);
    } else if (!told_.isEmpty()) {
        note_->setNote(told_);
    } else if (draft_.isChecking()) {
        note_->setNote(tr("The mesh is looking at it…"));
    } else if (draft_.changes()) {
        const auto& endpoints = draft_.changes()->endpoints;
        const bool is_breaking = std::any_of(endpoints.begin(), endpoints.end(),
                                             [](const client::AppliedEndpoint& one) { return !one.breaking.empty(); });
        note_->setNote(is_breaking ? tr("It is right, but callers of the version before may fail.")
                       : draft_.isChanged() || draft_.isNew() ? tr("It is right, and can be published.")
                                                              : QString());
    } else {
        note_->setNote({});
    }
}

/// Forms change what can be read only; tabs with problems say so.
void EndpointEditor::showTabs() {
    const QIcon wrong = icon("error", currentTheme().error);
    int others = static_cast<int>(draft_.problems().size());
    for (const auto& [page, key] : pages_) {
        const int count = *key == '\0' ? 0 : draft_.problemsBeneath(key);
        others -= count;
        tabs_->setTabIcon(tabs_->indexOf(page), count > 0 ? wrong : QIcon());
        tabs_->setTabEnabled(tabs_->indexOf(page), draft_.isReadable());
    }
    tabs_->setTabIcon(0, others > 0 ? wrong : QIcon());
}

/// What is published can be called, whatever is being written.
void EndpointEditor::showTry() {
    std::vector<std::string> names;
    if (draft_.kind() == Kind::kModel) {
        for (const endpoints::ModelVersion& version :
             draft_.model() ? draft_.model()->versions : std::vector<endpoints::ModelVersion>()) {
            const endpoints::Model& model = *draft_.model();
            if (std::find(model.retired.begin(), model.retired.end(), version.version) != model.retired.end()) {
                continue;
            }
            for (const std::string& end : endpoints::endpointEnds(model)) {
                names.push_back(draft_.publishedName() + "@v" + std::to_string(version.version) + end);
            }
        }
    } else if (!draft_.isNew()) {
        names = {draft_.publishedName()};
    }
    if (!draft_.isNew()) {
        code_->setEndpoints(names, draft_.version());
    }
    const QString what = draft_.isNew()       ? tr("It can be called once it is published.")
                         : draft_.isChanged() ? tr("This calls version %1, which is published, and not what "
                                                   "is being written.")
                                                    .arg(draft_.version())
                                              : QString();
    if (model_try_ != nullptr) {
        // Versions that are only written yet are no endpoints.
        if (!draft_.isChanged() || draft_.isNew()) {
            tried_ = draft_.isNew() ? std::vector<std::string>() : names;
        }
        model_try_->setEndpoints(tried_, draft_.version(), what);
        return;
    }
    if (!draft_.isChanged() && !draft_.isNew()) {
        published_ = draft_.definition();
    }
    try_->setEndpoint(published_, what);
    showCommand();
}

void EndpointEditor::showCommand() {
    code_->setCall(try_ != nullptr ? try_->call() : model_try_->call(), address_);
}

void EndpointEditor::setNames(app::MeshNames& names, const QString& node) {
    names_ = &names;
    names_node_ = node;
    if (text_ != nullptr) {
        connect(names_, &app::MeshNames::namesChanged, this, &EndpointEditor::takeNames);
        takeNames();
    }
}

void EndpointEditor::takeNames() {
    if (names_ == nullptr || text_ == nullptr) {
        return;
    }
    const auto definition = draft_.definition();
    const QString node = definition && !definition->nodes.empty() ? qt(*definition->nodes.begin()) : names_node_;
    names_->request(node);
    text_->assistant().setNames(names_->names(node));
}

SqlAssistant* EndpointEditor::assistant() const {
    return text_ != nullptr ? &text_->assistant() : nullptr;
}

SqlEditor* EndpointEditor::sqlEditor() const {
    return text_ != nullptr ? &text_->editor() : nullptr;
}

void EndpointEditor::save() {
    if (publish_->isEnabled()) {
        askToPublish();
    }
}

void EndpointEditor::askToPublish() {
    QStringList breaking;
    QString diff;
    const auto application = draft_.changes().value_or(client::EndpointApplication());
    for (const std::string& statement : application.table_changes) {
        diff += QStringLiteral("+") + qt(statement).replace(u'\n', QStringLiteral("\n+")) + QStringLiteral(";\n");
    }
    const auto& changes = application.endpoints;
    for (const client::AppliedEndpoint& one : changes) {
        for (const std::string& sentence : one.breaking) {
            breaking += changes.size() > 1 ? qt(one.name) + QStringLiteral(": ") + qt(sentence) : qt(sentence);
        }
        if (changes.size() > 1 && one.change != client::AppliedEndpoint::Change::kUnchanged) {
            diff += QStringLiteral("  %1\n").arg(qt(one.name));
        }
        diff += qt(one.diff);
    }
    auto* dialog = new QDialog(this);
    dialog->setObjectName(QStringLiteral("publishDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(draft_.isNew() ? tr("Publish %1").arg(qt(draft_.name()))
                                          : tr("Publish another version of %1").arg(qt(draft_.name())));
    auto* shown = new DiffText("publishDiff", tr("What will change"));
    shown->setDiff(diff, tr("Nothing that callers see."));
    auto* layout = new QVBoxLayout(dialog);
    layout->setContentsMargins(20, 16, 20, 16);
    layout->setSpacing(12);
    if (!breaking.isEmpty()) {
        auto* warning = new NoteLabel(QStringLiteral("publishWarning"));
        warning->setNote(tr("Callers of the version before may fail:") + QStringLiteral("\n• ") +
                             breaking.join(QStringLiteral("\n• ")),
                         NoteLabel::Tone::kError);
        layout->addWidget(warning);
    }
    layout->addWidget(new QLabel(tr("The mesh has looked at it. This will change:")));
    layout->addWidget(shown, 1);
    auto* buttons = new QDialogButtonBox;
    QPushButton* publish = buttons->addButton(breaking.isEmpty() ? tr("Publish") : tr("Publish nevertheless"),
                                              QDialogButtonBox::AcceptRole);
    publish->setObjectName(QStringLiteral("publishConfirm"));
    QPushButton* cancel = buttons->addButton(QDialogButtonBox::Cancel);
    cancel->setProperty("secondary", true);
    // What breaks others is not done by Enter.
    publish->setDefault(breaking.isEmpty());
    cancel->setDefault(!breaking.isEmpty());
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, dialog, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    connect(dialog, &QDialog::accepted, &draft_,
            [this, allows_breaking = !breaking.isEmpty()] { draft_.publish(allows_breaking); });
    constexpr QSize kSize(680, 460);
    dialog->resize(kSize);
    dialog->open();
}

void EndpointEditor::askBeforeClosing(const std::function<void()>& then) {
    askToDiscard(QStringLiteral("changedEndpointBox"), tr("Changes that are not published"),
                 tr("“%1” has changes that are not published.").arg(qt(draft_.name())), tr("Discard"), then);
}

}  // namespace tessera::workbench

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/endpoints/try_panel.h"

#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/note_label.h"
#include "app/workbench/ui/theme.h"

#include <QAction>
#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QTabWidget>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <utility>

namespace tessera::workbench {

namespace {

QString qt(const std::string& text) {
    return QString::fromStdString(text);
}

/// What a field that is left empty stands for, or what its values look like.
QString hintOf(const endpoints::Parameter& parameter) {
    if (parameter.default_value) {
        return TryPanel::tr("%1, when empty").arg(qt(*parameter.default_value));
    }
    if (!parameter.example.empty()) {
        return TryPanel::tr("like %1").arg(qt(parameter.example));
    }
    return QLatin1String(endpoints::formOf(parameter.type));
}

}  // namespace

TryPanel::TryPanel(std::shared_ptr<app::EndpointNodes> nodes, QWidget* parent)
    : QWidget(parent), nodes_(std::move(nodes)), calling_(this) {
    setObjectName(QStringLiteral("tryPanel"));
    auto* parts = new QSplitter;
    parts->setHandleWidth(1);
    parts->setChildrenCollapsible(false);
    parts->addWidget(buildForm());
    parts->addWidget(buildAnswer());
    constexpr int kFormPart = 420;
    constexpr int kAnswerPart = 580;
    parts->setSizes({kFormPart, kAnswerPart});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(parts);
    auto* key = new QAction(tr("Send"), this);
    key->setShortcuts({QKeySequence(Qt::CTRL | Qt::Key_Return), QKeySequence(Qt::CTRL | Qt::Key_Enter)});
    key->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(key, &QAction::triggered, send_, &QPushButton::click);
    addAction(key);
    updateButtons();
}

TryPanel::~TryPanel() {
    stopping_.request_stop();
}

QWidget* TryPanel::buildForm() {
    note_ = new NoteLabel(QStringLiteral("tryNote"));
    form_content_ = new QWidget;
    form_ = new QFormLayout(form_content_);
    form_->setContentsMargins(16, 12, 16, 12);
    form_->setHorizontalSpacing(12);
    form_->setVerticalSpacing(8);
    form_->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(form_content_);
    format_ = new QComboBox;
    format_->setObjectName(QStringLiteral("tryFormat"));
    format_->setAccessibleName(tr("Format"));
    format_->addItem(QStringLiteral("JSON"), QStringLiteral("json"));
    format_->addItem(tr("JSON, a row each line"), QStringLiteral("ndjson"));
    format_->addItem(QStringLiteral("CSV"), QStringLiteral("csv"));
    send_ = new QPushButton(tr("Send"));
    send_->setObjectName(QStringLiteral("trySend"));
    send_->setToolTip(tr("Calls it as you (Ctrl+Enter)"));
    stop_ = new QPushButton(tr("Stop"));
    stop_->setObjectName(QStringLiteral("tryStop"));
    stop_->setProperty("secondary", true);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(16, 8, 16, 12);
    bar->setSpacing(8);
    bar->addWidget(format_);
    bar->addStretch();
    bar->addWidget(stop_);
    bar->addWidget(send_);
    note_->setContentsMargins(16, 12, 16, 0);
    auto* part = new QWidget;
    auto* layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(note_);
    layout->addWidget(scroll, 1);
    layout->addLayout(bar);
    connect(send_, &QPushButton::clicked, this, [this] {
        cursor_.clear();
        send();
    });
    connect(stop_, &QPushButton::clicked, this, &TryPanel::stop);
    connect(format_, &QComboBox::currentIndexChanged, this, &TryPanel::callChanged);
    return part;
}

QWidget* TryPanel::buildAnswer() {
    status_ = new NoteLabel(QStringLiteral("tryStatus"));
    status_->setNote(tr("The answer stands here."));
    next_ = new QPushButton(tr("Next page"));
    next_->setObjectName(QStringLiteral("tryNext"));
    next_->setProperty("secondary", true);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 8, 12, 8);
    bar->addWidget(status_, 1);
    bar->addWidget(next_);
    body_ = new QPlainTextEdit;
    body_->setObjectName(QStringLiteral("tryBody"));
    body_->setAccessibleName(tr("Body of the answer"));
    body_->setReadOnly(true);
    body_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    body_->setFrameShape(QFrame::NoFrame);
    body_->setFont(monospaceFont());
    body_->setLineWrapMode(QPlainTextEdit::NoWrap);
    headers_ = new QTreeWidget;
    headers_->setObjectName(QStringLiteral("tryHeaders"));
    headers_->setAccessibleName(tr("Headers of the answer"));
    headers_->setHeaderLabels({tr("Header"), tr("Value")});
    styleFactsTable(headers_);
    constexpr int kNameWidth = 220;
    headers_->setColumnWidth(0, kNameWidth);
    answer_ = new QTabWidget;
    answer_->setObjectName(QStringLiteral("tryAnswer"));
    answer_->setDocumentMode(true);
    answer_->addTab(body_, tr("Body"));
    answer_->addTab(headers_, tr("Headers"));
    auto* part = new QWidget;
    auto* layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(answer_, 1);
    connect(next_, &QPushButton::clicked, this, [this] {
        cursor_ = next_cursor_;
        send();
    });
    return part;
}

void TryPanel::setNodes(std::shared_ptr<app::EndpointNodes> nodes) {
    nodes_ = std::move(nodes);
}

void TryPanel::setEndpoint(const std::optional<endpoints::Definition>& endpoint, const QString& note) {
    note_->setNote(note);
    if (endpoint != endpoint_) {
        const bool is_another = !endpoint || !endpoint_ || endpoint->name != endpoint_->name;
        if (is_another) {
            stop();
            status_->setNote(tr("The answer stands here."));
            body_->clear();
            headers_->clear();
            next_cursor_.clear();
        }
        endpoint_ = endpoint;
        cursor_.clear();
        rebuildFields();
        Q_EMIT callChanged();
    }
    updateButtons();
}

void TryPanel::rebuildFields() {
    for (const Field& field : fields_) {
        values_[field.name] = valueOf(field);
    }
    fields_.clear();
    has_tried_ = false;
    while (form_->rowCount() > 0) {
        form_->removeRow(0);
    }
    if (!endpoint_) {
        return;
    }
    for (const endpoints::Parameter& parameter : endpoint_->parameters) {
        addField(parameter.name, &parameter, hintOf(parameter));
    }
    if (endpoint_->paging) {
        addField("limit", nullptr,
                 tr("rows of a page: %1, up to %2").arg(endpoint_->paging->size).arg(endpoint_->paging->most));
        QStringList columns;
        for (const std::string& column : endpoint_->sortable) {
            columns += qt(column);
        }
        if (!columns.isEmpty()) {
            addField("sort", nullptr,
                     tr("%1; with - before it the greatest first").arg(columns.join(QLatin1String(", "))));
        }
    }
    if (!endpoint_->writes) {
        addField("fields", nullptr, tr("columns with commas between; all when empty"));
    }
}

void TryPanel::addField(const std::string& name, const endpoints::Parameter* parameter, const QString& hint) {
    const QString shown = qt(name);
    QWidget* editor = nullptr;
    const bool is_choice = parameter != nullptr && !parameter->is_list &&
                           (!parameter->choices.empty() || parameter->type == endpoints::ParameterType::kBoolean);
    const auto changed = [this] {
        if (has_tried_) {
            showProblems();
        }
        Q_EMIT callChanged();
    };
    if (is_choice) {
        auto* combo = new QComboBox;
        combo->addItem(parameter->default_value ? hint : tr("not given"), QString());
        const std::vector<std::string> choices =
            parameter->choices.empty() ? std::vector<std::string>{"true", "false"} : parameter->choices;
        for (const std::string& choice : choices) {
            combo->addItem(qt(choice), qt(choice));
        }
        combo->setCurrentIndex(std::max(0, combo->findData(qt(values_[name]))));
        connect(combo, &QComboBox::currentIndexChanged, this, changed);
        editor = combo;
    } else {
        auto* line = new QLineEdit(qt(values_[name]));
        line->setPlaceholderText(hint);
        connect(line, &QLineEdit::textChanged, this, changed);
        connect(line, &QLineEdit::returnPressed, send_, &QPushButton::click);
        editor = line;
    }
    editor->setObjectName(QStringLiteral("try_") + shown);
    editor->setAccessibleName(shown);
    auto* problem = new NoteLabel(QStringLiteral("tryProblem_") + shown);
    auto* cell = new QWidget;
    auto* column = new QVBoxLayout(cell);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    column->addWidget(editor);
    column->addWidget(problem);
    auto* label = new QLabel(shown);
    label->setBuddy(editor);
    if (parameter != nullptr) {
        const QString type =
            QLatin1String(nameOf(parameter->type)) + (parameter->is_list ? QStringLiteral("[]") : QString());
        label->setText(parameter->is_required ? shown + QStringLiteral(" *") : shown);
        label->setToolTip(
            parameter->documentation.empty() ? type : type + QStringLiteral(" · ") + qt(parameter->documentation));
        editor->setAccessibleDescription(label->toolTip());
        editor->setToolTip(label->toolTip());
    }
    form_->addRow(label, cell);
    fields_.push_back({name, parameter, editor, problem});
}

std::string TryPanel::valueOf(const Field& field) {
    if (const auto* combo = qobject_cast<QComboBox*>(field.editor)) {
        return combo->currentData().toString().toStdString();
    }
    return static_cast<QLineEdit*>(field.editor)->text().trimmed().toStdString();
}

app::EndpointRequest TryPanel::request() const {
    app::EndpointRequest request;
    for (const Field& field : fields_) {
        request.values.emplace_back(field.name, valueOf(field));
    }
    if (!cursor_.empty()) {
        request.values.emplace_back("cursor", cursor_);
    }
    request.format = format_->currentData().toString().toStdString();
    return request;
}

std::optional<client::EndpointCall> TryPanel::call() const {
    return endpoint_ ? std::optional(app::callOf(*endpoint_, request())) : std::nullopt;
}

bool TryPanel::showProblems() {
    const Field* first = nullptr;
    for (const Field& field : fields_) {
        const QString problem =
            field.parameter == nullptr ? QString() : app::valueProblem(*field.parameter, valueOf(field));
        field.problem->setNote(problem, NoteLabel::Tone::kError);
        first = first == nullptr && !problem.isEmpty() ? &field : first;
    }
    if (first != nullptr && !isAncestorOf(focusWidget())) {
        first->editor->setFocus();
    }
    return first == nullptr;
}

void TryPanel::updateButtons() {
    send_->setEnabled(endpoint_ && nodes_ && !calling_.isRunning());
    stop_->setVisible(calling_.isRunning());
    format_->setEnabled(endpoint_.has_value());
    next_->setVisible(!next_cursor_.empty());
    next_->setEnabled(send_->isEnabled());
}

void TryPanel::send() {
    if (!send_->isEnabled()) {
        return;
    }
    has_tried_ = true;
    if (!showProblems()) {
        return;
    }
    stopping_ = std::stop_source();
    clock_.start();
    status_->setNote(tr("Waiting for the answer…"));
    calling_.start(
        [nodes = nodes_, call = *call(), stop = stopping_.get_token()](const app::TaskControl&) {
            // A call that writes comes once: whether one that failed has been done, nobody knows.
            bool is_again = false;
            return nodes->ask([&](client::EndpointsClient& node) -> Result<client::EndpointAnswer> {
                if (is_again && call.method != "GET") {
                    return fail(ErrorCode::kAborted, "the node was lost while it was being called",
                                "look whether the rows were changed before you send it again");
                }
                auto answer = node.call(call, stop);
                // A node that lacks the service has done nothing.
                is_again = answer || answer.error().code != ErrorCode::kUnimplemented;
                return answer;
            });
        },
        [this](const Result<client::EndpointAnswer>& answer) { showAnswer(answer); });
    updateButtons();
}

void TryPanel::stop() {
    if (calling_.isRunning()) {
        stopping_.request_stop();
        calling_.cancel();
        status_->setNote(tr("Stopped."));
    }
    updateButtons();
}

void TryPanel::showAnswer(const Result<client::EndpointAnswer>& answer) {
    const qint64 took_ms = clock_.elapsed();
    headers_->clear();
    next_cursor_.clear();
    if (!answer) {
        status_->setNote(qt(answer.error().describe()), NoteLabel::Tone::kError);
        body_->clear();
    } else {
        QString status = tr("%1 · %2 ms · %3")
                             .arg(app::statusText(answer->status))
                             .arg(took_ms)
                             .arg(QLocale().formattedDataSize(static_cast<qint64>(answer->body.size())));
        status += answer->is_cut ? tr(" · cut off: there is more") : QString();
        status_->setNote(status, answer->status < 400 ? NoteLabel::Tone::kText : NoteLabel::Tone::kError);
        body_->setPlainText(app::shownBody(*answer));
        for (const auto& [name, value] : answer->headers) {
            new QTreeWidgetItem(headers_, {qt(name), qt(value)});
            next_cursor_ = name == "Tessera-Cursor" ? value : next_cursor_;
        }
    }
    updateButtons();
}

}  // namespace tessera::workbench

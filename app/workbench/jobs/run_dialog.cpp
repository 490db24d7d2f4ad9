// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/jobs/run_dialog.h"

#include "app/core/jobs/job_models.h"
#include "app/workbench/ui/note_label.h"

#include <QComboBox>
#include <QDateEdit>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

namespace tessera::workbench {

namespace {

QString text(const std::string& of) {
    return QString::fromStdString(of);
}

/// What a field that is left empty stands for.
QString defaultText(const jobs::Parameter& parameter) {
    if (!parameter.default_value) {
        return app::parameterExample(parameter.type);
    }
    if (*parameter.default_value == "${run.date}") {
        return RunDialog::tr("the day of the run");
    }
    return *parameter.default_value == "${run.time}" ? RunDialog::tr("the time of the run")
                                                     : text(*parameter.default_value);
}

}  // namespace

RunDialog::RunDialog(jobs::Definition definition, What what, QWidget* parent)
    : QDialog(parent), definition_(std::move(definition)), what_(what) {
    setObjectName(QStringLiteral("runDialog"));
    const QString name = text(definition_.name);
    setWindowTitle(what_ == What::kRun ? tr("Run %1").arg(name) : tr("Make up for times of %1").arg(name));
    auto* content = new QWidget;
    auto* form = new QFormLayout(content);
    form->setContentsMargins(0, 0, 0, 0);
    form->setHorizontalSpacing(16);
    form->setVerticalSpacing(10);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    if (what_ == What::kBackfill) {
        addDays(*form);
    }
    fields_.reserve(definition_.parameters.size());
    for (const jobs::Parameter& parameter : definition_.parameters) {
        addParameter(*form, parameter);
    }
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(content);
    auto* buttons = new QDialogButtonBox;
    start_ = buttons->addButton(what_ == What::kRun ? tr("Run") : tr("Start the runs"), QDialogButtonBox::ActionRole);
    start_->setObjectName(QStringLiteral("runDialogStart"));
    start_->setDefault(true);
    QPushButton* cancel = buttons->addButton(QDialogButtonBox::Cancel);
    cancel->setProperty("secondary", true);
    cancel->setAutoDefault(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 16, 20, 16);
    layout->setSpacing(12);
    layout->addWidget(scroll, 1);
    layout->addWidget(buttons);
    // Wrong values are said beside their fields: the button stays, so that one can ask what is wrong.
    connect(start_, &QPushButton::clicked, this, &RunDialog::start);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    showProblems();
    constexpr int kWidth = 480;
    resize(kWidth, content->sizeHint().height() + 110);
}

void RunDialog::start() {
    has_tried_ = true;
    showProblems();
    const auto wrong = std::find_if(fields_.begin(), fields_.end(), [](const Field& field) {
        return !app::parameterProblem(*field.parameter, valueOf(field)).isEmpty();
    });
    if (wrong != fields_.end()) {
        wrong->editor->setFocus();
    } else if (start_->isEnabled() && isVisible()) {
        accept();
    }
}

void RunDialog::addParameter(QFormLayout& form, const jobs::Parameter& parameter) {
    const QString name = text(parameter.name);
    QWidget* editor = nullptr;
    if (parameter.type == jobs::ParameterType::kBoolean) {
        auto* choice = new QComboBox;
        choice->addItem(parameter.default_value ? tr("default: %1").arg(defaultText(parameter)) : tr("choose"),
                        QString());
        choice->addItem(tr("true"), QStringLiteral("true"));
        choice->addItem(tr("false"), QStringLiteral("false"));
        connect(choice, &QComboBox::currentIndexChanged, this, &RunDialog::showProblems);
        editor = choice;
    } else {
        auto* line = new QLineEdit;
        line->setPlaceholderText(defaultText(parameter));
        connect(line, &QLineEdit::textChanged, this, &RunDialog::showProblems);
        connect(line, &QLineEdit::returnPressed, this, &RunDialog::start);
        editor = line;
    }
    editor->setObjectName(QStringLiteral("parameter_") + name);
    editor->setAccessibleName(name);
    editor->setAccessibleDescription(text(parameter.documentation));
    auto* problem = new NoteLabel(QStringLiteral("parameterProblem_") + name);
    auto* column = new QVBoxLayout;
    column->setSpacing(2);
    column->addWidget(editor);
    if (!parameter.documentation.empty()) {
        auto* documentation = new NoteLabel;
        documentation->setNote(text(parameter.documentation));
        column->addWidget(documentation);
    }
    column->addWidget(problem);
    auto* label = new QLabel(
        tr("%1 (%2)").arg(name, QLatin1String(jobs::kParameterTypeNames.at(static_cast<std::size_t>(parameter.type)))));
    label->setBuddy(editor);
    form.addRow(label, column);
    fields_.push_back({&parameter, editor, problem});
}

void RunDialog::addDays(QFormLayout& form) {
    trigger_ = new QComboBox;
    trigger_->setObjectName(QStringLiteral("backfillTrigger"));
    for (const std::size_t position : app::timedTriggers(definition_)) {
        trigger_->addItem(text(definition_.triggers[position].schedule()->describe()), qulonglong{position});
    }
    const QDate today = QDate::currentDate();
    constexpr int kDayWidth = 130;
    const auto makeDay = [this](const char* object_name, const QDate& day) {
        auto* edit = new QDateEdit(day);
        edit->setObjectName(QLatin1String(object_name));
        edit->setCalendarPopup(true);
        edit->setMinimumWidth(kDayWidth);
        edit->setDisplayFormat(QStringLiteral("yyyy-MM-dd"));
        connect(edit, &QDateEdit::dateChanged, this, &RunDialog::showProblems);
        return edit;
    };
    constexpr int kWeek = 7;
    first_day_ = makeDay("backfillFirst", today.addDays(-kWeek));
    last_day_ = makeDay("backfillLast", today.addDays(-1));
    times_note_ = new NoteLabel(QStringLiteral("backfillTimes"));
    connect(trigger_, &QComboBox::currentIndexChanged, this, &RunDialog::showProblems);
    form.addRow(tr("Times of"), trigger_);
    form.addRow(tr("First day"), first_day_);
    form.addRow(tr("Last day"), last_day_);
    form.addRow(QString(), times_note_);
}

QString RunDialog::valueOf(const Field& field) {
    if (const auto* choice = qobject_cast<QComboBox*>(field.editor)) {
        return choice->currentData().toString();
    }
    return static_cast<QLineEdit*>(field.editor)->text().trimmed();
}

void RunDialog::showProblems() {
    for (const Field& field : fields_) {
        const QString value = valueOf(field);
        // Nobody has to hear that a field is empty before they had the time to fill it.
        field.problem->setNote(
            value.isEmpty() && !has_tried_ ? QString() : app::parameterProblem(*field.parameter, value),
            NoteLabel::Tone::kError);
    }
    if (what_ != What::kBackfill) {
        return;
    }
    const app::MissedTimes found = times();
    const bool is_too_much = found.count > app::kMissedTimesMax;
    const bool can_start = found.count > 0 && !is_too_much;
    const QString words =
        is_too_much ? tr("More than %n times: choose fewer days.", nullptr, app::kMissedTimesMax)
        : found.count == 0
            ? tr("There is no such time in these days.")
            : tr("%n times, from %1 to %2. Times that have had their run are left out.", nullptr, found.count)
                  .arg(app::jobTimeText(found.first_ms), app::jobTimeText(found.last_ms));
    times_note_->setNote(words, can_start ? NoteLabel::Tone::kMuted : NoteLabel::Tone::kError);
    start_->setEnabled(can_start);
}

client::JobParameters RunDialog::parameters() const {
    client::JobParameters given;
    for (const Field& field : fields_) {
        if (const QString value = valueOf(field); !value.isEmpty()) {
            given.emplace_back(field.parameter->name, value.toStdString());
        }
    }
    return given;
}

std::uint32_t RunDialog::trigger() const {
    return static_cast<std::uint32_t>(trigger_->currentData().toULongLong());
}

app::MissedTimes RunDialog::times() const {
    if (first_day_->date() > last_day_->date()) {
        return {};
    }
    return app::missedTimes(definition_.triggers[trigger()], first_day_->date(), last_day_->date());
}

}  // namespace tessera::workbench

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/jobs/editor/cron_builder.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QSpinBox>
#include <QTimeEdit>
#include <QToolButton>
#include <algorithm>

namespace tessera::workbench {

namespace {

using Kind = app::CronPattern::Kind;

}  // namespace

CronBuilder::CronBuilder(QWidget* parent)
    : QWidget(parent),
      kind_(new QComboBox),
      every_(new QComboBox),
      minute_(new QSpinBox),
      time_(new QTimeEdit),
      day_(new QSpinBox),
      weekdays_(new QWidget) {
    kind_->setObjectName(QStringLiteral("cronKind"));
    kind_->setAccessibleName(tr("How often"));
    for (const auto& [kind, name] :
         {std::pair(Kind::kMinutes, tr("Every few minutes")), std::pair(Kind::kHourly, tr("Every hour")),
          std::pair(Kind::kDaily, tr("Every day")), std::pair(Kind::kWeekly, tr("On days of the week")),
          std::pair(Kind::kMonthly, tr("Every month")), std::pair(Kind::kOther, tr("By a cron expression"))}) {
        kind_->addItem(name, static_cast<int>(kind));
    }
    every_->setObjectName(QStringLiteral("cronEvery"));
    every_->setAccessibleName(tr("Minutes between"));
    for (const int minutes : {2, 3, 4, 5, 6, 10, 12, 15, 20, 30}) {
        every_->addItem(tr("%n minutes", nullptr, minutes), minutes);
    }
    minute_->setObjectName(QStringLiteral("cronMinute"));
    minute_->setRange(0, 59);
    minute_->setPrefix(tr("at minute "));
    time_->setObjectName(QStringLiteral("cronTime"));
    time_->setAccessibleName(tr("Time of day"));
    time_->setDisplayFormat(QStringLiteral("HH:mm"));
    day_->setObjectName(QStringLiteral("cronDay"));
    day_->setRange(1, 31);
    day_->setPrefix(tr("on day "));
    auto* days = new QHBoxLayout(weekdays_);
    days->setContentsMargins(0, 0, 0, 0);
    days->setSpacing(2);
    // From the locale's first day on; bit 0 is Sunday, which Qt calls 7.
    const int first = QLocale().firstDayOfWeek();
    for (int i = 0; i < 7; ++i) {
        const int qt_day = (first - 1 + i) % 7 + 1;
        auto* button = new QToolButton;
        button->setObjectName(QStringLiteral("cronWeekday%1").arg(qt_day % 7));
        button->setText(QLocale().dayName(qt_day, QLocale::ShortFormat));
        button->setAccessibleName(QLocale().dayName(qt_day));
        button->setCheckable(true);
        weekday_[static_cast<std::size_t>(qt_day % 7)] = button;
        days->addWidget(button);
        connect(button, &QToolButton::clicked, this, &CronBuilder::build);
    }
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    for (QWidget* widget : std::initializer_list<QWidget*>{kind_, every_, minute_, weekdays_, day_, time_}) {
        row->addWidget(widget);
    }
    row->addStretch();
    connect(kind_, &QComboBox::activated, this, &CronBuilder::build);
    connect(every_, &QComboBox::activated, this, &CronBuilder::build);
    connect(minute_, &QSpinBox::valueChanged, this, &CronBuilder::build);
    connect(day_, &QSpinBox::valueChanged, this, &CronBuilder::build);
    connect(time_, &QTimeEdit::timeChanged, this, &CronBuilder::build);
    show(pattern_);
}

void CronBuilder::setCron(const std::string& cron) {
    app::CronPattern pattern = app::patternOf(cron);
    if (pattern.kind == Kind::kOther) {
        // What was chosen is still there when one comes back from an expression.
        pattern = pattern_;
        pattern.kind = Kind::kOther;
    }
    if (pattern != pattern_) {
        pattern_ = pattern;
        show(pattern_);
    }
}

void CronBuilder::build() {
    if (is_showing_) {
        return;
    }
    pattern_.kind = static_cast<Kind>(kind_->currentData().toInt());
    pattern_.every = every_->currentData().toInt();
    pattern_.minute = pattern_.kind == Kind::kHourly ? minute_->value() : time_->time().minute();
    pattern_.hour = time_->time().hour();
    pattern_.day = day_->value();
    unsigned weekdays = 0;
    for (unsigned day = 0; day < weekday_.size(); ++day) {
        weekdays |= weekday_[day]->isChecked() ? 1U << day : 0U;
    }
    // On no day of the week there would be nothing to run on: the last one stays.
    pattern_.weekdays = weekdays == 0 ? pattern_.weekdays : weekdays;
    show(pattern_);
    if (pattern_.kind != Kind::kOther) {
        Q_EMIT cronBuilt(app::cronOf(pattern_));
    }
}

void CronBuilder::show(const app::CronPattern& pattern) {
    is_showing_ = true;
    kind_->setCurrentIndex(kind_->findData(static_cast<int>(pattern.kind)));
    every_->setCurrentIndex(std::max(0, every_->findData(pattern.every)));
    minute_->setValue(pattern.minute);
    time_->setTime(QTime(pattern.hour, pattern.minute));
    day_->setValue(pattern.day);
    for (unsigned day = 0; day < weekday_.size(); ++day) {
        weekday_[day]->setChecked((pattern.weekdays >> day & 1U) != 0);
    }
    const bool has_time =
        pattern.kind == Kind::kDaily || pattern.kind == Kind::kWeekly || pattern.kind == Kind::kMonthly;
    every_->setVisible(pattern.kind == Kind::kMinutes);
    minute_->setVisible(pattern.kind == Kind::kHourly);
    time_->setVisible(has_time);
    day_->setVisible(pattern.kind == Kind::kMonthly);
    weekdays_->setVisible(pattern.kind == Kind::kWeekly);
    is_showing_ = false;
}

}  // namespace tessera::workbench

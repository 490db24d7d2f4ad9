// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Builds the usual cron expressions: every so many minutes, hours, days at a time, days of the week or of the month.
/// Others it leaves to be written. GUI thread.

#include "app/core/jobs/cron_pattern.h"

#include <QWidget>
#include <array>

class QComboBox;
class QSpinBox;
class QTimeEdit;
class QToolButton;

namespace tessera::workbench {

class CronBuilder : public QWidget {
    Q_OBJECT

  public:
    explicit CronBuilder(QWidget* parent = nullptr);

    void setCron(const std::string& cron);

  Q_SIGNALS:
    /// By the person.
    void cronBuilt(const std::string& cron);

  private:
    void build();
    void show(const app::CronPattern& pattern);

    app::CronPattern pattern_;
    bool is_showing_ = false;
    QComboBox* kind_;
    QComboBox* every_;
    QSpinBox* minute_;
    QTimeEdit* time_;
    QSpinBox* day_;
    QWidget* weekdays_;
    std::array<QToolButton*, 7> weekday_{};
};

}  // namespace tessera::workbench

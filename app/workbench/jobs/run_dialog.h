// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What a job is to be run with: a field for each parameter, and, when times are to be made up for, which days. GUI
/// thread.

#include "app/core/jobs/run_request.h"

#include <QDialog>
#include <vector>

class QComboBox;
class QDateEdit;
class QFormLayout;
class QPushButton;

namespace tessera::workbench {

class NoteLabel;

class RunDialog : public QDialog {
    Q_OBJECT

  public:
    enum class What {
        kRun,
        /// The times of a range of days. The job must have a trigger with times of its own.
        kBackfill,
    };

    RunDialog(jobs::Definition definition, What what, QWidget* parent);

    /// Those that were given; the others keep their defaults.
    client::JobParameters parameters() const;

    /// Of kBackfill.
    std::uint32_t trigger() const;
    app::MissedTimes times() const;

  private:
    struct Field {
        const jobs::Parameter* parameter;
        QWidget* editor;
        NoteLabel* problem;
    };

    void addParameter(QFormLayout& form, const jobs::Parameter& parameter);
    void addDays(QFormLayout& form);
    void showProblems();
    void start();
    static QString valueOf(const Field& field);

    const jobs::Definition definition_;
    const What what_;
    std::vector<Field> fields_;
    QComboBox* trigger_ = nullptr;
    QDateEdit* first_day_ = nullptr;
    QDateEdit* last_day_ = nullptr;
    NoteLabel* times_note_ = nullptr;
    QPushButton* start_ = nullptr;
    bool has_tried_ = false;
};

}  // namespace tessera::workbench

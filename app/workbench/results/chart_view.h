// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A result as a chart: its kind and columns are proposed by their types and can be chosen; large results are sampled,
/// and it says so. Reads off the GUI thread. GUI thread.

#include "app/core/results/chart_data.h"

#include <QWidget>

class QComboBox;
class QLabel;

namespace tessera::workbench {

class ChartView : public QWidget {
    Q_OBJECT

  public:
    explicit ChartView(QWidget* parent = nullptr);

    /// Proposes a chart when the columns are others than before.
    void setView(const app::ResultView& view);

    const app::ChartSpec& spec() const { return spec_; }

    const app::ChartData& data() const { return data_; }

    /// "30,000 of 120,000 rows", or why there is no chart.
    QString note() const;

    /// PNG or SVG, by the name's ending.
    bool save(const QString& path) const;

  private:
    class Canvas;

    void fillChoices();
    void readChoices();
    void load();
    void askForFile();

    app::ResultView view_;
    app::ChartSpec spec_;
    app::ChartData data_;
    QComboBox* kind_;
    QComboBox* x_;
    QComboBox* y_;
    QLabel* note_;
    Canvas* canvas_;
    app::BackgroundTask task_;
};

}  // namespace tessera::workbench

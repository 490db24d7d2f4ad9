// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A run's steps over its time: when each waited, was tried, ran and ended. A step can be chosen. GUI thread.

#include "app/core/jobs/run_times.h"

#include <QAbstractScrollArea>

namespace tessera::workbench {

class StepChartView : public QAbstractScrollArea {
    Q_OBJECT

  public:
    explicit StepChartView(QWidget* parent = nullptr);

    void setChart(app::StepChart chart);

    const app::StepChart& chart() const { return chart_; }

    /// Empty: none.
    QString chosen() const;
    void choose(int row);

  Q_SIGNALS:
    void chosenChanged(const QString& step);

  protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool viewportEvent(QEvent* event) override;

  private:
    int rowHeight() const;
    int nameWidth() const;
    int rowAt(int y) const;
    double xOf(std::int64_t ms) const;
    void paintBar(QPainter& painter, const app::StepBar& bar, const QRect& row) const;
    void paintTimes(QPainter& painter) const;
    void updateScroll();

    app::StepChart chart_;
    int chosen_ = -1;
};

}  // namespace tessera::workbench

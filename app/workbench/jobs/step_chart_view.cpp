// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/jobs/step_chart_view.h"

#include "app/core/jobs/job_models.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <algorithm>
#include <utility>

namespace tessera::workbench {

namespace {

constexpr int kMargin = 12;
constexpr int kBarLeast = 3;
constexpr int kIcon = 14;

const char* iconOf(app::JobTone tone) {
    return tone == app::JobTone::kActive    ? "run"
           : tone == app::JobTone::kGood    ? "done"
           : tone == app::JobTone::kBad     ? "error"
           : tone == app::JobTone::kWaiting ? "waiting"
                                            : "dot";
}

QColor colorOf(app::JobTone tone) {
    const Theme& theme = currentTheme();
    return tone == app::JobTone::kActive ? theme.accent
           : tone == app::JobTone::kGood ? theme.success
           : tone == app::JobTone::kBad  ? theme.error
                                         : theme.muted_text;
}

}  // namespace

StepChartView::StepChartView(QWidget* parent) : QAbstractScrollArea(parent) {
    setObjectName(QStringLiteral("stepChart"));
    setAccessibleName(tr("The steps over the run's time"));
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setBackgroundRole(QPalette::Base);
}

void StepChartView::setChart(app::StepChart chart) {
    chart_ = std::move(chart);
    if (chosen_ >= static_cast<int>(chart_.bars.size())) {
        choose(-1);
    }
    updateScroll();
    viewport()->update();
}

QString StepChartView::chosen() const {
    return chosen_ < 0 ? QString() : chart_.bars[static_cast<std::size_t>(chosen_)].name;
}

void StepChartView::choose(int row) {
    chosen_ = row;
    setAccessibleDescription(chosen());
    viewport()->update();
    Q_EMIT chosenChanged(chosen());
}

int StepChartView::rowHeight() const {
    return fontMetrics().height() + 10;
}

int StepChartView::nameWidth() const {
    int widest = 0;
    for (const app::StepBar& bar : chart_.bars) {
        widest = std::max(widest, fontMetrics().horizontalAdvance(bar.name));
    }
    return std::min(widest + kIcon + 12, viewport()->width() / 3) + 2 * kMargin;
}

int StepChartView::rowAt(int y) const {
    const int row = (y + verticalScrollBar()->value()) / rowHeight() - 1;
    return row >= 0 && row < static_cast<int>(chart_.bars.size()) ? row : -1;
}

double StepChartView::xOf(std::int64_t ms) const {
    const double room = std::max(1, viewport()->width() - nameWidth() - kMargin);
    const auto span = static_cast<double>(chart_.end_ms - chart_.begin_ms);
    return nameWidth() + room * static_cast<double>(ms - chart_.begin_ms) / std::max(1.0, span);
}

void StepChartView::updateScroll() {
    const int height = rowHeight() * (static_cast<int>(chart_.bars.size()) + 1);
    verticalScrollBar()->setRange(0, std::max(0, height - viewport()->height()));
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(rowHeight());
}

void StepChartView::resizeEvent(QResizeEvent* event) {
    QAbstractScrollArea::resizeEvent(event);
    updateScroll();
}

/// The first row: how long the run took, in quarters.
void StepChartView::paintTimes(QPainter& painter) const {
    constexpr int kParts = 4;
    const int top = -verticalScrollBar()->value();
    int free_from = 0;
    for (int part = 0; part <= kParts; ++part) {
        const std::int64_t ms = (chart_.end_ms - chart_.begin_ms) * part / kParts;
        const double x = xOf(chart_.begin_ms + ms);
        painter.setPen(currentTheme().border);
        painter.drawLine(QPointF(x, top + rowHeight() - 4), QPointF(x, viewport()->height()));
        painter.setPen(currentTheme().muted_text);
        const QString text = part == 0 ? app::jobTimeText(chart_.begin_ms) : app::jobDurationText(1, 1 + ms);
        const int width = painter.fontMetrics().horizontalAdvance(text);
        const int left = static_cast<int>(part == 0 ? x : part == kParts ? x - width : x - width / 2.0);
        // A narrow chart has room for few of them.
        if (left >= free_from) {
            painter.drawText(QRect(left, top, width + 2, rowHeight()), Qt::AlignVCenter, text);
            free_from = left + width + kMargin;
        }
    }
}

void StepChartView::paintBar(QPainter& painter, const app::StepBar& bar, const QRect& row) const {
    const app::JobTone tone = app::jobStateTone(bar.state);
    const QColor color = colorOf(tone);
    painter.drawPixmap(row.left() + kMargin, row.center().y() - kIcon / 2,
                       iconPixmap(iconOf(tone), color, kIcon, devicePixelRatioF()));
    painter.setPen(currentTheme().text);
    const QRect name(row.left() + kMargin + kIcon + 6, row.top(), nameWidth() - 2 * kMargin - kIcon - 6, row.height());
    painter.drawText(name, Qt::AlignVCenter, painter.fontMetrics().elidedText(bar.name, Qt::ElideRight, name.width()));
    if (bar.started_ms == 0) {
        return;
    }
    const double begin = xOf(bar.started_ms);
    const QRectF ran(begin, row.top() + 6, std::max<double>(kBarLeast, xOf(bar.ended_ms) - begin), row.height() - 12);
    const double ready = xOf(bar.ready_ms);
    painter.setPen(Qt::NoPen);
    // Earlier attempts are striped, waiting for a node is a line.
    if (bar.attempts > 1) {
        painter.setBrush(QBrush(currentTheme().warning, Qt::BDiagPattern));
        painter.drawRect(QRectF(ready, ran.top(), begin - ready, ran.height()));
    } else {
        painter.setBrush(currentTheme().muted_text);
        painter.drawRect(QRectF(ready, ran.center().y(), begin - ready, 1));
    }
    painter.setBrush(color);
    painter.drawRoundedRect(ran, 2, 2);
    QString text = app::jobDurationText(bar.started_ms, bar.ended_ms);
    if (bar.attempts > 1) {
        text += tr(" · attempt %1").arg(bar.attempts);
    }
    // Beside the bar where there is room, else before it.
    const int width = painter.fontMetrics().horizontalAdvance(text);
    const double behind = ran.right() + 6;
    painter.setPen(currentTheme().muted_text);
    if (behind + width < viewport()->width() - kMargin) {
        painter.drawText(QRectF(behind, row.top(), width + 2, row.height()), Qt::AlignVCenter, text);
    } else if (ready - width - 6 > nameWidth()) {
        painter.drawText(QRectF(ready - width - 6, row.top(), width + 2, row.height()), Qt::AlignVCenter, text);
    } else {
        painter.setPen(currentTheme().surface);
        painter.drawText(ran.adjusted(6, 0, -6, 0), Qt::AlignVCenter | Qt::AlignRight, text);
    }
}

void StepChartView::paintEvent(QPaintEvent*) {
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(viewport()->rect(), currentTheme().surface);
    if (chart_.bars.empty()) {
        return;
    }
    paintTimes(painter);
    for (std::size_t i = 0; i < chart_.bars.size(); ++i) {
        const int top = rowHeight() * (static_cast<int>(i) + 1) - verticalScrollBar()->value();
        const QRect row(0, top, viewport()->width(), rowHeight());
        if (static_cast<int>(i) == chosen_) {
            painter.fillRect(row, currentTheme().hover);
        }
        paintBar(painter, chart_.bars[i], row);
    }
}

void StepChartView::mousePressEvent(QMouseEvent* event) {
    choose(rowAt(event->pos().y()));
}

void StepChartView::keyPressEvent(QKeyEvent* event) {
    const int last = static_cast<int>(chart_.bars.size()) - 1;
    if (event->key() == Qt::Key_Down || event->key() == Qt::Key_Up) {
        choose(std::clamp(chosen_ + (event->key() == Qt::Key_Down ? 1 : -1), std::min(0, last), last));
        return;
    }
    QAbstractScrollArea::keyPressEvent(event);
}

bool StepChartView::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int row = rowAt(help->pos().y());
        QString text;
        if (row >= 0) {
            const app::StepBar& bar = chart_.bars[static_cast<std::size_t>(row)];
            text = bar.name + QStringLiteral(": ") + app::jobStateText(bar.state);
            if (bar.started_ms > bar.ready_ms) {
                text += QLatin1Char('\n') + tr("waited %1").arg(app::jobDurationText(bar.ready_ms, bar.started_ms));
            }
            if (bar.started_ms != 0) {
                text += QLatin1Char('\n') + tr("ran %1").arg(app::jobDurationText(bar.started_ms, bar.ended_ms));
            }
        }
        QToolTip::showText(help->globalPos(), text, this);
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

}  // namespace tessera::workbench

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/chart_painter.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace tessera::workbench {

namespace {

using app::ChartData;
using app::ChartKind;

constexpr int kLabelWidthMax = 90;
constexpr double kSliceUnit = 16 * 360;

/// Told apart also by those who confuse red and green, and at least 3:1 on both themes' surfaces.
QColor seriesColor(std::size_t index, ThemeName theme) {
    constexpr std::array<std::array<QRgb, 8>, 2> kColors{
        {{0xFF2356C4, 0xFFB5520A, 0xFF1B7F5C, 0xFF8A3795, 0xFFA8760A, 0xFF0B7285, 0xFFB3261E, 0xFF586273},
         {0xFF7AA8FF, 0xFFFFA766, 0xFF6FD6A8, 0xFFD9A3EA, 0xFFEBC063, 0xFF6CCBD3, 0xFFFF8F85, 0xFFA0ABBB}}};
    return QColor::fromRgb(kColors[theme == ThemeName::kDark ? 1 : 0][index % kColors[0].size()]);
}

QString numberLabel(double value) {
    const QLocale locale;
    const double size = std::abs(value);
    constexpr std::array<std::pair<double, const char*>, 3> kUnits{{{1e9, " G"}, {1e6, " M"}, {1e4, " k"}}};
    for (const auto& [unit, name] : kUnits) {
        if (size >= unit) {
            const double divisor = unit == 1e4 ? 1e3 : unit;
            return locale.toString(value / divisor, 'g', 4) + QLatin1String(name);
        }
    }
    return locale.toString(value, 'g', 6);
}

QString timeLabel(double seconds, double span) {
    constexpr double kDay = 86'400;
    const QDateTime time = QDateTime::fromSecsSinceEpoch(static_cast<qint64>(seconds), Qt::UTC);
    const char* format = span > 700 * kDay ? "yyyy-MM" : span > 3 * kDay ? "yyyy-MM-dd" : "MM-dd HH:mm";
    return time.toString(QLatin1String(format));
}

struct Range {
    double least = std::numeric_limits<double>::infinity();
    double most = -std::numeric_limits<double>::infinity();

    void add(double value) {
        if (std::isfinite(value)) {
            least = std::min(least, value);
            most = std::max(most, value);
        }
    }

    void widen() {
        if (!(least <= most)) {
            *this = {0, 1};
        } else if (least == most) {
            least -= 0.5;
            most += 0.5;
        }
    }

    double span() const { return most - least; }
};

class ChartPainting {
  public:
    ChartPainting(QPainter& painter, const QRectF& area, const ChartData& data, const Theme& theme)
        : painter_(painter), data_(data), theme_(theme), area_(area.adjusted(16, 16, -24, -16)) {}

    void paint() {
        painter_.setRenderHint(QPainter::Antialiasing);
        paintLegend();
        if (data_.kind == ChartKind::kPie) {
            paintPie();
            return;
        }
        findRanges();
        paintAxes();
        painter_.save();
        painter_.setClipRect(plot_.adjusted(-4, -4, 4, 4));
        for (std::size_t i = 0; i < data_.series.size(); ++i) {
            paintSeries(i);
        }
        painter_.restore();
    }

  private:
    bool hasBars() const { return data_.kind == ChartKind::kBar || data_.kind == ChartKind::kHistogram; }

    void paintLegend() {
        if (data_.series.size() < 2 && data_.kind != ChartKind::kBar) {
            return;
        }
        const QFontMetricsF metrics(painter_.font());
        double x = area_.left();
        for (std::size_t i = 0; i < data_.series.size(); ++i) {
            const QString name = QString::fromStdString(data_.series[i].name);
            painter_.setPen(Qt::NoPen);
            painter_.setBrush(seriesColor(i, theme_.name));
            painter_.drawRoundedRect(QRectF(x, area_.top() + 2, 10, 10), 2, 2);
            painter_.setPen(theme_.text);
            painter_.drawText(QPointF(x + 16, area_.top() + 12), name);
            x += 32 + metrics.horizontalAdvance(name);
        }
        area_.setTop(area_.top() + 28);
    }

    void findRanges() {
        for (const app::ChartSeries& series : data_.series) {
            for (const double value : series.values) {
                y_.add(value);
            }
        }
        if (hasBars() || data_.kind == ChartKind::kArea) {
            y_.add(0);
        }
        y_.widen();
        if (hasBars() && !data_.categories.empty()) {
            x_ = {-0.5, static_cast<double>(data_.categories.size()) - 0.5};
            return;
        }
        for (const double x : data_.xs) {
            x_.add(x);
            x_.add(x + data_.bin_width);
        }
        x_.widen();
    }

    double xAt(double value) const { return plot_.left() + (value - x_.least) / x_.span() * plot_.width(); }

    double yAt(double value) const { return plot_.bottom() - (value - y_.least) / y_.span() * plot_.height(); }

    void paintAxes() {
        const QFontMetricsF metrics(painter_.font());
        const std::vector<double> y_ticks = axisTicks(y_.least, y_.most, 6);
        double width = 0;
        for (const double tick : y_ticks) {
            width = std::max(width, metrics.horizontalAdvance(numberLabel(tick)));
        }
        plot_ = area_.adjusted(width + 10, 6, 0, -(2 * metrics.height() + 12));
        for (const double tick : y_ticks) {
            painter_.setPen(QPen(theme_.hover, 1));
            painter_.drawLine(QPointF(plot_.left(), yAt(tick)), QPointF(plot_.right(), yAt(tick)));
            painter_.setPen(theme_.muted_text);
            painter_.drawText(QRectF(area_.left(), yAt(tick) - 10, width, 20), Qt::AlignRight | Qt::AlignVCenter,
                              numberLabel(tick));
        }
        painter_.setPen(QPen(theme_.border, 1));
        painter_.drawLine(plot_.bottomLeft(), plot_.bottomRight());
        painter_.setPen(theme_.muted_text);
        if (data_.categories.empty()) {
            for (const double tick : axisTicks(x_.least, x_.most, static_cast<int>(plot_.width() / 110) + 1)) {
                label(xAt(tick), data_.is_time ? timeLabel(tick, x_.span()) : numberLabel(tick), 100);
            }
        } else {
            paintCategories();
        }
        painter_.setPen(theme_.text);
        painter_.drawText(QRectF(plot_.left(), area_.bottom() - metrics.height(), plot_.width(), metrics.height()),
                          Qt::AlignCenter, QString::fromStdString(data_.x_name));
    }

    void paintCategories() {
        const std::size_t count = data_.categories.size();
        const bool is_point = !hasBars();
        const double step = plot_.width() / static_cast<double>(count);
        const auto every = static_cast<std::size_t>(std::max(1.0, std::ceil(48 / step)));
        for (std::size_t i = 0; i < count; i += every) {
            const double x = is_point ? data_.xs[i] : static_cast<double>(i);
            label(xAt(x), QString::fromStdString(data_.categories[i]).simplified(),
                  std::min<double>(kLabelWidthMax, step * static_cast<double>(every) - 6));
        }
    }

    void label(double x, const QString& text, double width) {
        const QString shown = painter_.fontMetrics().elidedText(text, Qt::ElideRight, static_cast<int>(width));
        painter_.drawText(QRectF(x - 60, plot_.bottom() + 6, 120, 20), Qt::AlignHCenter | Qt::AlignTop, shown);
    }

    void paintSeries(std::size_t index) {
        const QColor color = seriesColor(index, theme_.name);
        if (hasBars()) {
            paintBars(index, color);
        } else if (data_.kind == ChartKind::kScatter) {
            paintDots(index, color);
        } else {
            paintLine(index, color);
        }
    }

    void paintBars(std::size_t index, const QColor& color) {
        painter_.setPen(Qt::NoPen);
        painter_.setBrush(color);
        const std::vector<double>& values = data_.series[index].values;
        const bool is_histogram = data_.kind == ChartKind::kHistogram;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double begin = is_histogram ? xAt(data_.xs[i]) : xAt(static_cast<double>(i) - 0.4);
            const double end = is_histogram ? xAt(data_.xs[i] + data_.bin_width) : xAt(static_cast<double>(i) + 0.4);
            const double width = (end - begin) / static_cast<double>(data_.series.size());
            const double gap = is_histogram ? std::min(1.0, width / 8) : 0;
            painter_.drawRect(QRectF(QPointF(begin + width * static_cast<double>(index), yAt(values[i])),
                                     QPointF(begin + width * static_cast<double>(index + 1) - gap, yAt(0)))
                                  .normalized());
        }
    }

    void paintDots(std::size_t index, QColor color) {
        color.setAlpha(data_.xs.size() > 2000 ? 90 : 190);
        painter_.setPen(Qt::NoPen);
        painter_.setBrush(color);
        const std::vector<double>& values = data_.series[index].values;
        const double radius = data_.xs.size() > 2000 ? 1.5 : 3;
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (std::isfinite(values[i])) {
                painter_.drawEllipse(QPointF(xAt(data_.xs[i]), yAt(values[i])), radius, radius);
            }
        }
    }

    /// A NULL interrupts the line.
    void paintLine(std::size_t index, const QColor& color) {
        const std::vector<double>& values = data_.series[index].values;
        QPolygonF run;
        const auto finish = [&] {
            if (data_.kind == ChartKind::kArea && run.size() > 1) {
                QPolygonF filled = run;
                filled << QPointF(run.last().x(), yAt(0)) << QPointF(run.first().x(), yAt(0));
                QColor light = color;
                light.setAlpha(70);
                painter_.setPen(Qt::NoPen);
                painter_.setBrush(light);
                painter_.drawPolygon(filled);
            }
            painter_.setPen(QPen(color, 2));
            painter_.setBrush(Qt::NoBrush);
            if (run.size() == 1) {
                painter_.drawPoint(run.first());
            } else {
                painter_.drawPolyline(run);
            }
            run.clear();
        };
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (std::isfinite(values[i])) {
                run << QPointF(xAt(data_.xs[i]), yAt(values[i]));
            } else {
                finish();
            }
        }
        finish();
    }

    void paintPie() {
        if (data_.series.empty()) {
            return;
        }
        const std::vector<double>& values = data_.series[0].values;
        double total = 0;
        for (const double value : values) {
            total += std::max(0.0, value);
        }
        if (total <= 0) {
            painter_.setPen(theme_.muted_text);
            painter_.drawText(area_, Qt::AlignCenter,
                              QCoreApplication::translate("Chart", "There is nothing above zero to share out."));
            return;
        }
        const double size = std::min(area_.height(), area_.width() * 0.55);
        const QRectF circle(area_.left(), area_.center().y() - size / 2, size, size);
        double angle = kSliceUnit / 4;
        double y = area_.top();
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double share = std::max(0.0, values[i]) / total;
            painter_.setPen(QPen(theme_.surface, 1.5));
            painter_.setBrush(seriesColor(i, theme_.name));
            painter_.drawPie(circle, static_cast<int>(angle), static_cast<int>(-share * kSliceUnit));
            angle -= share * kSliceUnit;
            if (y + 18 > area_.bottom()) {
                continue;
            }
            painter_.setPen(Qt::NoPen);
            painter_.drawRoundedRect(QRectF(circle.right() + 32, y + 4, 10, 10), 2, 2);
            painter_.setPen(theme_.text);
            painter_.drawText(QPointF(circle.right() + 50, y + 14),
                              QStringLiteral("%1   %2 %")
                                  .arg(QString::fromStdString(data_.categories[i]).simplified().left(40))
                                  .arg(QLocale().toString(share * 100, 'f', 1)));
            y += 20;
        }
    }

    QPainter& painter_;
    const ChartData& data_;
    const Theme& theme_;
    QRectF area_;
    QRectF plot_;
    Range x_;
    Range y_;
};

}  // namespace

std::vector<double> axisTicks(double least, double most, int count) {
    const double rough = (most - least) / std::max(1, count);
    if (!(rough > 0)) {
        return {least};
    }
    const double power = std::pow(10, std::floor(std::log10(rough)));
    double step = 10 * power;
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= rough) {
            step = factor * power;
            break;
        }
    }
    std::vector<double> ticks;
    constexpr double kRounding = 1e-9;
    for (double number = std::ceil(least / step - kRounding); number * step <= most + step * kRounding; ++number) {
        ticks.push_back(number * step);
    }
    return ticks;
}

void paintChart(QPainter& painter, const QRectF& area, const ChartData& data, const Theme& theme) {
    painter.fillRect(area, theme.surface);
    ChartPainting(painter, area, data, theme).paint();
}

}  // namespace tessera::workbench

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Draws a chart: on the screen, into a picture, into an SVG. Our own code, see docs/decisions/0021. GUI thread.

#include "app/core/results/chart_data.h"
#include "app/workbench/ui/theme.h"

#include <QRectF>

class QPainter;

namespace tessera::workbench {

void paintChart(QPainter& painter, const QRectF& area, const app::ChartData& data, const Theme& theme);

/// Round numbers within a range, about `count` of them.
std::vector<double> axisTicks(double least, double most, int count);

}  // namespace tessera::workbench

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/graph/graph.h"

#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QApplication>
#include <QFontMetricsF>
#include <QImage>
#include <QPainter>
#include <QPainterPath>
#include <QSvgGenerator>
#include <algorithm>
#include <cmath>

namespace tessera::workbench {

namespace {

constexpr double kPadding = 10;
constexpr double kLineHeight = 20;
constexpr double kTitleHeight = 22;
constexpr double kSubtitleHeight = 16;
constexpr double kIconSize = 16;
constexpr double kIconRoom = 22;
constexpr double kGap = 20;
constexpr double kWidthMin = 120;
constexpr double kWidthMax = 340;
constexpr double kRadius = 6;
constexpr double kMargin = 24;
constexpr int kSmallPixels = 11;
constexpr int kImageScale = 2;

QFont titleFont() {
    QFont font = QApplication::font();
    font.setWeight(QFont::DemiBold);
    return font;
}

QFont smallFont() {
    QFont font = QApplication::font();
    font.setPixelSize(kSmallPixels);
    return font;
}

QColor colorOf(GraphBox::Tone tone, const Theme& theme) {
    switch (tone) {
        case GraphBox::Tone::kAccent:
            return theme.accent;
        case GraphBox::Tone::kGood:
            return theme.success;
        case GraphBox::Tone::kWarning:
            return theme.warning;
        case GraphBox::Tone::kError:
            return theme.error;
        case GraphBox::Tone::kCalm:
            break;
    }
    return theme.muted_text;
}

double headHeight(const GraphBox& box) {
    return kTitleHeight + (box.subtitle.isEmpty() ? 0 : kSubtitleHeight);
}

QSizeF sizeOf(const GraphBox& box) {
    const QFontMetricsF title(titleFont());
    const QFontMetricsF text(QApplication::font());
    const QFontMetricsF small(smallFont());
    double width = kIconRoom + std::max(title.horizontalAdvance(box.title), small.horizontalAdvance(box.subtitle));
    for (const GraphBox::Line& line : box.lines) {
        const double detail = line.detail.isEmpty() ? 0 : kGap + small.horizontalAdvance(line.detail);
        width = std::max(width, kIconRoom + text.horizontalAdvance(line.text) + detail);
    }
    const double lines = box.lines.empty() ? 0 : kLineHeight * static_cast<double>(box.lines.size()) + kPadding * 0.8;
    return {std::ceil(std::clamp(width + 2 * kPadding + 2, kWidthMin, kWidthMax)),
            headHeight(box) + lines + 1.4 * kPadding};
}

/// From a box's right to the other one's left, or around where the other one stands further left.
QPainterPath pathOf(const QRectF& from, const QRectF& to) {
    const bool is_forth = to.center().x() >= from.center().x();
    const QPointF begin(is_forth ? from.right() : from.left(), from.center().y());
    const QPointF end(is_forth ? to.left() : to.right(), to.center().y());
    constexpr double kReachMin = 36;
    const double reach = std::max(kReachMin, std::abs(end.x() - begin.x()) / 2) * (is_forth ? 1 : -1);
    QPainterPath path(begin);
    path.cubicTo(begin + QPointF(reach, 0), end - QPointF(reach, 0), end);
    return path;
}

void paintArrow(QPainter& painter, const QPainterPath& path, double width, const QColor& color) {
    constexpr double kLength = 7;
    const QPointF tip = path.pointAtPercent(1);
    const QPointF before = path.pointAtPercent(std::max(0.0, path.percentAtLength(path.length() - kLength)));
    const QPointF along = tip - before;
    const double length = std::hypot(along.x(), along.y());
    if (length < 1) {
        return;
    }
    const QPointF unit = along / length;
    const QPointF side(-unit.y() * (3 + width / 2), unit.x() * (3 + width / 2));
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawPolygon(QPolygonF({tip, before + side, before - side}));
}

void paintEdge(QPainter& painter, const GraphPicture& picture, const GraphEdge& edge, const Theme& theme,
               const GraphLook& look) {
    const QRectF& from = picture.places[static_cast<std::size_t>(edge.from)];
    const QRectF& to = picture.places[static_cast<std::size_t>(edge.to)];
    const bool is_near = look.selected >= 0 && (edge.from == look.selected || edge.to == look.selected);
    const QColor color = is_near                              ? theme.accent
                         : edge.tone == GraphBox::Tone::kCalm ? theme.line_number
                                                              : colorOf(edge.tone, theme);
    const QPainterPath path = pathOf(from, to);
    QPen pen(color, is_near ? std::max(2.0, edge.width) : edge.width);
    if (edge.is_dashed) {
        pen.setDashPattern({4, 4});
    }
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(path);
    paintArrow(painter, path, pen.widthF(), color);
}

void paintLabel(QPainter& painter, const GraphPicture& picture, const GraphEdge& edge, const Theme& theme) {
    const QPainterPath path =
        pathOf(picture.places[static_cast<std::size_t>(edge.from)], picture.places[static_cast<std::size_t>(edge.to)]);
    const QFontMetricsF metrics(smallFont());
    QRectF rect(QPointF(), QSizeF(metrics.horizontalAdvance(edge.label) + 8, metrics.height() + 2));
    rect.moveCenter(path.pointAtPercent(0.5));
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.surface);
    painter.drawRoundedRect(rect, 3, 3);
    painter.setFont(smallFont());
    painter.setPen(theme.muted_text);
    painter.drawText(rect, Qt::AlignCenter, edge.label);
}

void paintIcon(QPainter& painter, const char* name, const QColor& color, const QPointF& place) {
    painter.drawPixmap(QRectF(place, QSizeF(kIconSize, kIconSize)),
                       iconPixmap(name, color, static_cast<int>(kIconSize), kImageScale),
                       QRectF(0, 0, kIconSize * kImageScale, kIconSize * kImageScale));
}

void paintTexts(QPainter& painter, const GraphBox& box, const QRectF& place, const Theme& theme) {
    const QRectF inner = place.adjusted(kPadding + 2, kPadding * 0.7, -kPadding, -kPadding * 0.7);
    paintIcon(painter, box.icon, colorOf(box.tone, theme), {inner.left(), inner.top() + 3});
    const double left = inner.left() + kIconRoom;
    const auto draw = [&](const QFont& font, const QColor& color, const QRectF& rect, int flags, const QString& text) {
        painter.setFont(font);
        painter.setPen(color);
        painter.drawText(rect, flags | Qt::AlignVCenter | Qt::TextSingleLine,
                         QFontMetricsF(font).elidedText(text, Qt::ElideRight, rect.width() + 1));
    };
    draw(titleFont(), theme.text, {left, inner.top(), inner.right() - left, kTitleHeight}, Qt::AlignLeft, box.title);
    if (!box.subtitle.isEmpty()) {
        draw(smallFont(), theme.muted_text, {left, inner.top() + kTitleHeight, inner.right() - left, kSubtitleHeight},
             Qt::AlignLeft, box.subtitle);
    }
    double y = inner.top() + headHeight(box) + kPadding * 0.8;
    if (!box.lines.empty()) {
        painter.setPen(theme.border);
        const double rule = y - kPadding * 0.4;
        painter.drawLine(QPointF(place.left() + 1, rule), QPointF(place.right() - 1, rule));
    }
    for (const GraphBox::Line& line : box.lines) {
        if (line.icon != nullptr) {
            paintIcon(painter, line.icon, theme.muted_text, {inner.left(), y + 2});
        }
        const double detail = line.detail.isEmpty() ? 0 : QFontMetricsF(smallFont()).horizontalAdvance(line.detail);
        draw(QApplication::font(), theme.text,
             {left, y, inner.right() - left - (detail > 0 ? detail + 4 : 0), kLineHeight}, Qt::AlignLeft, line.text);
        draw(smallFont(), theme.muted_text, {inner.right() - detail - 2, y, detail + 2, kLineHeight}, Qt::AlignRight,
             line.detail);
        y += kLineHeight;
    }
}

void paintBox(QPainter& painter, const GraphBox& box, const QRectF& place, const Theme& theme, bool is_selected,
              bool is_hovered, bool has_texts) {
    painter.setPen(QPen(is_selected  ? theme.accent
                        : is_hovered ? theme.muted_text
                                     : theme.border,
                        is_selected ? 2 : 1));
    painter.setBrush(theme.raised);
    painter.drawRoundedRect(place, kRadius, kRadius);
    if (box.tone != GraphBox::Tone::kCalm || !has_texts) {
        // A bar at the left: the tone does not hang on a colour of a text alone.
        QPainterPath bar;
        bar.addRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
        painter.save();
        painter.setClipPath(bar, Qt::IntersectClip);
        painter.fillRect(QRectF(place.topLeft(), QSizeF(has_texts ? 4 : place.width(), place.height())),
                         colorOf(box.tone, theme));
        painter.restore();
    }
    if (has_texts) {
        paintTexts(painter, box, place, theme);
    }
}

}  // namespace

std::vector<std::pair<int, int>> Graph::ends() const {
    std::vector<std::pair<int, int>> ends;
    for (const GraphEdge& edge : edges) {
        ends.emplace_back(edge.from, edge.to);
    }
    return ends;
}

std::vector<QSizeF> boxSizes(const Graph& graph) {
    std::vector<QSizeF> sizes;
    for (const GraphBox& box : graph.boxes) {
        sizes.push_back(sizeOf(box));
    }
    return sizes;
}

double widestLabel(const Graph& graph) {
    const QFontMetricsF metrics(smallFont());
    double width = 0;
    for (const GraphEdge& edge : graph.edges) {
        width = std::max(width, metrics.horizontalAdvance(edge.label));
    }
    return width;
}

QRectF GraphPicture::bounds() const {
    QRectF all;
    for (const QRectF& place : places) {
        all |= place;
    }
    return all.adjusted(-kMargin, -kMargin, kMargin, kMargin);
}

int GraphPicture::boxAt(const QPointF& point) const {
    const auto found =
        std::find_if(places.begin(), places.end(), [&](const QRectF& place) { return place.contains(point); });
    return found == places.end() ? -1 : static_cast<int>(found - places.begin());
}

void paintGraph(QPainter& painter, const GraphPicture& picture, const Theme& theme, const GraphLook& look) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    for (const GraphEdge& edge : picture.graph.edges) {
        if (edge.from != edge.to) {
            paintEdge(painter, picture, edge, theme, look);
        }
    }
    for (std::size_t i = 0; i < picture.places.size(); ++i) {
        const int number = static_cast<int>(i);
        paintBox(painter, picture.graph.boxes[i], picture.places[i], theme, number == look.selected,
                 number == look.hovered, look.has_texts);
    }
    for (const GraphEdge& edge : picture.graph.edges) {
        if (look.has_texts && edge.from != edge.to && !edge.label.isEmpty()) {
            paintLabel(painter, picture, edge, theme);
        }
    }
}

bool saveGraph(const GraphPicture& picture, const QString& file) {
    const QRectF bounds = picture.bounds();
    const QSize size = bounds.size().toSize();
    const Theme& theme = currentTheme();
    if (file.endsWith(QLatin1String(".svg"), Qt::CaseInsensitive)) {
        QSvgGenerator generator;
        generator.setFileName(file);
        // One unit is one of CSS's pixels.
        constexpr int kDotsPerInch = 96;
        generator.setResolution(kDotsPerInch);
        generator.setSize(size);
        generator.setViewBox(QRect(QPoint(), size));
        generator.setTitle(QStringLiteral("Tessera"));
        QPainter painter;
        if (!painter.begin(&generator)) {
            return false;
        }
        painter.fillRect(QRect(QPoint(), size), theme.surface);
        painter.translate(-bounds.topLeft());
        paintGraph(painter, picture, theme);
        return painter.end();
    }
    // A graph may be larger than a picture can be.
    constexpr int kSideMax = 16'000;
    const double scale = std::min<double>(kImageScale, kSideMax / std::max<double>(size.width(), size.height()));
    QImage image((QSizeF(size) * scale).toSize(), QImage::Format_RGB32);
    image.fill(theme.surface);
    QPainter painter(&image);
    painter.scale(scale, scale);
    painter.translate(-bounds.topLeft());
    paintGraph(painter, picture, theme);
    painter.end();
    return image.save(file);
}

}  // namespace tessera::workbench

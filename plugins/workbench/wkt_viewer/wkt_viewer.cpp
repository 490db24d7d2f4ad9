// SPDX-License-Identifier: GPL-3.0-or-later
// A cell viewer: geometries written as text (WKT, OGC 06-103r4: POINT (1 2), LINESTRING, POLYGON and their MULTI
// forms), drawn in the colours of the program's palette.
#include "plugins/workbench/sdk/workbench_plugin.h"

#include <QPainter>
#include <QPainterPath>
#include <QPolygonF>
#include <QRegularExpression>
#include <QWidget>
#include <algorithm>

namespace tessera::workbench {

namespace {

struct Shape {
    enum class Kind { kPoints, kLines, kAreas };
    Kind kind = Kind::kPoints;
    /// Of an area its rings.
    std::vector<QPolygonF> parts;
};

/// The numbers of each innermost pair of brackets. None when the text is no geometry.
std::optional<Shape> shapeOf(const QByteArray& value) {
    static const QRegularExpression head(
        QStringLiteral("^\\s*(?:SRID=\\d+;)?\\s*(MULTI)?(POINT|LINESTRING|POLYGON)\\s*(?:Z|M|ZM)?\\s*\\((.*)\\)\\s*$"),
        QRegularExpression::CaseInsensitiveOption | QRegularExpression::DotMatchesEverythingOption);
    static const QRegularExpression inner(QStringLiteral("[^()]+"));
    const QRegularExpressionMatch match = head.match(QString::fromUtf8(value));
    if (!match.hasMatch()) {
        return std::nullopt;
    }
    const QString name = match.captured(2).toUpper();
    Shape shape;
    shape.kind = name == QLatin1String("POINT")        ? Shape::Kind::kPoints
                 : name == QLatin1String("LINESTRING") ? Shape::Kind::kLines
                                                       : Shape::Kind::kAreas;
    for (auto it = inner.globalMatch(match.captured(3)); it.hasNext();) {
        QPolygonF part;
        for (const QString& place : it.next().captured().split(QLatin1Char(','), Qt::SkipEmptyParts)) {
            const QStringList numbers = place.simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts);
            bool is_x = false;
            bool is_y = false;
            if (numbers.size() >= 2) {
                part.append(QPointF(numbers[0].toDouble(&is_x), numbers[1].toDouble(&is_y)));
            }
            if (!numbers.isEmpty() && !(is_x && is_y)) {
                return std::nullopt;
            }
        }
        if (!part.isEmpty()) {
            shape.parts.push_back(std::move(part));
        }
    }
    return shape.parts.empty() ? std::nullopt : std::optional(std::move(shape));
}

class ShapeView : public QWidget {
  public:
    explicit ShapeView(QWidget* parent) : QWidget(parent) {
        setObjectName(QStringLiteral("shapeView"));
        setAccessibleName(QStringLiteral("Shape"));
    }

    void setShape(std::optional<Shape> shape) {
        shape_ = std::move(shape);
        update();
    }

  protected:
    void paintEvent(QPaintEvent* /*event*/) override {
        QPainter painter(this);
        painter.fillRect(rect(), palette().base());
        if (!shape_) {
            return;
        }
        painter.setRenderHint(QPainter::Antialiasing);
        const QTransform toScreen = transform();
        const QColor accent = palette().color(QPalette::Link);
        QColor area = accent;
        constexpr int kFaint = 60;
        area.setAlpha(kFaint);
        painter.setPen(QPen(accent, 1.6));
        QPainterPath path;
        for (const QPolygonF& part : shape_->parts) {
            const QPolygonF drawn = toScreen.map(part);
            if (shape_->kind == Shape::Kind::kPoints) {
                painter.setBrush(accent);
                constexpr double kDot = 4;
                for (const QPointF& point : drawn) {
                    painter.drawEllipse(point, kDot, kDot);
                }
            } else if (shape_->kind == Shape::Kind::kLines) {
                painter.drawPolyline(drawn);
            } else {
                path.addPolygon(drawn);
                path.closeSubpath();
            }
        }
        painter.setBrush(area);
        painter.drawPath(path);
    }

  private:
    /// All of it in the middle, north above.
    QTransform transform() const {
        QRectF bounds;
        for (const QPolygonF& part : shape_->parts) {
            const QRectF box = part.boundingRect().adjusted(-1e-9, -1e-9, 1e-9, 1e-9);
            bounds = bounds.isNull() ? box : bounds.united(box);
        }
        constexpr double kMargin = 24;
        const double scale =
            std::min((width() - 2 * kMargin) / bounds.width(), (height() - 2 * kMargin) / bounds.height());
        QTransform transform;
        transform.translate(width() / 2.0, height() / 2.0);
        transform.scale(scale, -scale);
        transform.translate(-bounds.center().x(), -bounds.center().y());
        return transform;
    }

    std::optional<Shape> shape_;
};

}  // namespace

class WktViewer : public QObject, public CellViewerPlugin {
    Q_OBJECT
    Q_PLUGIN_METADATA(IID TESSERA_CELL_VIEWER_IID FILE "wkt_viewer.json")
    Q_INTERFACES(tessera::workbench::CellViewerPlugin)

  public:
    bool canShow(const PluginColumn& /*column*/, const QByteArray& value) const override {
        return shapeOf(value).has_value();
    }

    QWidget* createViewer(QWidget* parent) override { return new ShapeView(parent); }

    void showCell(QWidget* viewer, const PluginColumn& /*column*/, const QByteArray& value) override {
        static_cast<ShapeView*>(viewer)->setShape(shapeOf(value));
    }
};

}  // namespace tessera::workbench

#include "wkt_viewer.moc"

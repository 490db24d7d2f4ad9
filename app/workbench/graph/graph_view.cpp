// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/graph/graph_view.h"

#include "app/core/graph/graph_layout.h"
#include "app/workbench/ui/theme.h"

#include <QEvent>
#include <QFileDialog>
#include <QGraphicsItem>
#include <QGraphicsScene>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QStyleOptionGraphicsItem>
#include <QToolTip>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace tessera::workbench {

namespace {

constexpr double kZoomStep = 1.2;
constexpr double kZoomMin = 0.08;
constexpr double kZoomMax = 3;
/// Below that, texts cannot be read.
constexpr double kTextsFrom = 0.45;
constexpr double kArrowRoom = 28;

}  // namespace

/// The whole picture is one item: boxes are drawn by paintGraph(), not by the toolkit's objects.
class GraphView::Item final : public QGraphicsItem {
  public:
    explicit Item(const GraphView& view) : view_(view) {}

    void placesChange() { prepareGeometryChange(); }

    QRectF boundingRect() const override { return view_.picture_.bounds(); }

    void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget*) override {
        GraphLook look = view_.look_;
        // In logical pixels: the transform knows nothing of the screen's scale.
        look.has_texts = QStyleOptionGraphicsItem::levelOfDetailFromTransform(painter->worldTransform()) >= kTextsFrom;
        painter->setClipRect(option->exposedRect);
        paintGraph(*painter, view_.picture_, currentTheme(), look);
    }

  private:
    const GraphView& view_;
};

GraphView::GraphView(const char* object_name, const QString& accessible_name, QWidget* parent)
    : QGraphicsView(parent), item_(new Item(*this)), least_scale_(kZoomMin), placing_(this) {
    setObjectName(QLatin1String(object_name));
    setAccessibleName(accessible_name);
    setFrameShape(QFrame::NoFrame);
    setDragMode(QGraphicsView::ScrollHandDrag);
    setTransformationAnchor(QGraphicsView::AnchorUnderMouse);
    setMouseTracking(true);
    viewport()->setCursor(Qt::ArrowCursor);
    setScene(new QGraphicsScene(this));
    scene()->addItem(item_);
    setBackgroundBrush(currentTheme().surface);
}

GraphView::~GraphView() = default;

void GraphView::setGraph(Graph graph) {
    placing_.cancel();
    const std::vector<QSizeF> sizes = boxSizes(graph);
    const bool has_same_boxes =
        sizes.size() == picture_.places.size() && graph.ends() == picture_.graph.ends() &&
        std::equal(sizes.begin(), sizes.end(), picture_.places.begin(),
                   [](const QSizeF& size, const QRectF& place) { return size == place.size(); }) &&
        std::equal(graph.boxes.begin(), graph.boxes.end(), picture_.graph.boxes.begin(),
                   [](const GraphBox& a, const GraphBox& b) { return a.id == b.id; });
    wanted_ = std::move(graph);
    if (has_same_boxes) {
        picture_.graph = std::exchange(wanted_, {});
        viewport()->update();
        Q_EMIT shown();
        return;
    }
    // Labels stand between the columns.
    app::GraphSpacing spacing;
    spacing.across = std::max(spacing.across, widestLabel(wanted_) + 2 * kArrowRoom);
    spacing.is_towards_end = wanted_.is_towards_end;
    placing_.start(
        [sizes, spacing, ends = wanted_.ends()](app::TaskControl&) { return app::layoutGraph(sizes, ends, spacing); },
        [this, sizes](std::vector<QPointF> corners) { place(std::move(corners), sizes); });
}

void GraphView::place(std::vector<QPointF> corners, const std::vector<QSizeF>& sizes) {
    const QString selected = selectedId();
    item_->placesChange();
    picture_.graph = std::exchange(wanted_, {});
    picture_.places.clear();
    for (std::size_t i = 0; i < corners.size(); ++i) {
        picture_.places.emplace_back(corners[i], sizes[i]);
    }
    look_ = {};
    setSceneRect(picture_.bounds());
    if (shows_all_) {
        fit(least_scale_);
    }
    viewport()->update();
    select(selected);
    Q_EMIT shown();
}

QString GraphView::selectedId() const {
    return look_.selected < 0 ? QString() : picture_.graph.boxes[static_cast<std::size_t>(look_.selected)].id;
}

void GraphView::select(const QString& id) {
    const auto& boxes = picture_.graph.boxes;
    const auto found = std::find_if(boxes.begin(), boxes.end(), [&](const GraphBox& box) { return box.id == id; });
    look_.selected = found == boxes.end() ? -1 : static_cast<int>(found - boxes.begin());
    if (look_.selected >= 0) {
        bringIntoView(look_.selected);
    }
    viewport()->update();
}

void GraphView::bringIntoView(int box) {
    constexpr int kRoom = 24;
    ensureVisible(picture_.places[static_cast<std::size_t>(box)], kRoom, kRoom);
}

void GraphView::showAll() {
    shows_all_ = true;
    fit(kZoomMin);
}

void GraphView::fit(double least_scale) {
    const QRectF bounds = picture_.bounds();
    const QSizeF room = viewport()->size();
    const double scale = std::min({1.0, room.width() / bounds.width(), room.height() / bounds.height()});
    setTransform(QTransform::fromScale(std::max(scale, least_scale), std::max(scale, least_scale)));
    centerOn(bounds.center());
    if (look_.selected >= 0) {
        bringIntoView(look_.selected);
    }
}

void GraphView::askToSave(const QString& name) {
    auto* dialog = new QFileDialog(this, tr("Save the picture"), {}, tr("Scalable picture (*.svg);;Picture (*.png)"));
    dialog->setObjectName(QStringLiteral("graphFileDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("svg"));
    dialog->selectFile(name + QStringLiteral(".svg"));
    connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString& filter) {
        dialog->setDefaultSuffix(filter.contains(QLatin1String("png")) ? QStringLiteral("png") : QStringLiteral("svg"));
    });
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
        const bool is_saved = saveGraph(picture_, file);
        Q_EMIT saved(file, is_saved ? QString() : tr("the picture cannot be written to %1").arg(file));
    });
    dialog->open();
}

void GraphView::selectBox(int box, bool brings_into_view) {
    if (box == look_.selected) {
        return;
    }
    look_.selected = box;
    if (box >= 0 && brings_into_view) {
        bringIntoView(box);
    }
    setAccessibleDescription(box < 0 ? QString()
                                     : picture_.graph.boxes[static_cast<std::size_t>(box)].title + QLatin1Char(' ') +
                                           picture_.graph.boxes[static_cast<std::size_t>(box)].subtitle);
    viewport()->update();
    Q_EMIT selectionChanged(selectedId());
}

void GraphView::zoom(double factor) {
    const double now = transform().m11();
    const double wanted = std::clamp(now * factor, kZoomMin, kZoomMax);
    shows_all_ = false;
    scale(wanted / now, wanted / now);
}

int GraphView::boxAt(const QPoint& point) const {
    return picture_.boxAt(mapToScene(point));
}

/// The box that is nearest of those wholly in that direction: ahead counts once, aside twice.
int GraphView::neighbour(Qt::Key direction) const {
    if (look_.selected < 0) {
        return picture_.places.empty() ? -1 : 0;
    }
    const QRectF& from = picture_.places[static_cast<std::size_t>(look_.selected)];
    int best = look_.selected;
    double best_distance = std::numeric_limits<double>::max();
    for (std::size_t i = 0; i < picture_.places.size(); ++i) {
        const QRectF& to = picture_.places[i];
        const double ahead = direction == Qt::Key_Left    ? from.left() - to.right()
                             : direction == Qt::Key_Right ? to.left() - from.right()
                             : direction == Qt::Key_Up    ? from.top() - to.bottom()
                                                          : to.top() - from.bottom();
        const bool is_across = direction == Qt::Key_Left || direction == Qt::Key_Right;
        const QPointF between = to.center() - from.center();
        const double distance = ahead + 2 * std::abs(is_across ? between.y() : between.x());
        if (ahead >= 0 && distance < best_distance) {
            best = static_cast<int>(i);
            best_distance = distance;
        }
    }
    return best;
}

void GraphView::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
        case Qt::Key_Left:
        case Qt::Key_Right:
        case Qt::Key_Up:
        case Qt::Key_Down:
            selectBox(neighbour(static_cast<Qt::Key>(event->key())), true);
            return;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (look_.selected >= 0) {
                Q_EMIT activated(selectedId());
            }
            return;
        case Qt::Key_Plus:
        case Qt::Key_Equal:
            zoom(kZoomStep);
            return;
        case Qt::Key_Minus:
            zoom(1 / kZoomStep);
            return;
        case Qt::Key_0:
            showAll();
            return;
        default:
            QGraphicsView::keyPressEvent(event);
    }
}

void GraphView::mousePressEvent(QMouseEvent* event) {
    setFocus(Qt::MouseFocusReason);
    if (event->button() == Qt::LeftButton) {
        if (const int box = boxAt(event->pos()); box >= 0) {
            selectBox(box, false);
            return;
        }
        selectBox(-1, false);
        shows_all_ = false;
    }
    QGraphicsView::mousePressEvent(event);
}

void GraphView::mouseDoubleClickEvent(QMouseEvent* event) {
    if (boxAt(event->pos()) >= 0) {
        Q_EMIT activated(selectedId());
    } else {
        showAll();
    }
}

void GraphView::mouseMoveEvent(QMouseEvent* event) {
    const int box = event->buttons() == Qt::NoButton ? boxAt(event->pos()) : look_.hovered;
    if (box != look_.hovered) {
        look_.hovered = box;
        viewport()->update();
    }
    QGraphicsView::mouseMoveEvent(event);
    if (event->buttons() == Qt::NoButton) {
        viewport()->setCursor(box >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
    }
}

void GraphView::resizeEvent(QResizeEvent* event) {
    QGraphicsView::resizeEvent(event);
    if (shows_all_) {
        fit(least_scale_);
    }
}

void GraphView::wheelEvent(QWheelEvent* event) {
    if (event->modifiers().testFlag(Qt::ControlModifier)) {
        constexpr double kNotch = 120;
        zoom(std::pow(kZoomStep, event->angleDelta().y() / kNotch));
        event->accept();
        return;
    }
    QGraphicsView::wheelEvent(event);
}

bool GraphView::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int box = boxAt(help->pos());
        QToolTip::showText(help->globalPos(),
                           box < 0 ? QString() : picture_.graph.boxes[static_cast<std::size_t>(box)].tooltip, this);
        return true;
    }
    return QGraphicsView::viewportEvent(event);
}

void GraphView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        setBackgroundBrush(currentTheme().surface);
    }
    QGraphicsView::changeEvent(event);
}

}  // namespace tessera::workbench

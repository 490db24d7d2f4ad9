// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A graph one can walk through: dragged, zoomed (Ctrl+wheel, + and -, 0 for all of it), its boxes reached with the
/// arrows and opened with Enter. Placed by a worker; a graph of the same shape keeps its places, so that what is told
/// again does not move. GUI thread.

#include "app/core/thread/background_task.h"
#include "app/workbench/graph/graph.h"

#include <QGraphicsView>

class QGraphicsItem;

namespace tessera::workbench {

class GraphView : public QGraphicsView {
    Q_OBJECT

  public:
    explicit GraphView(const char* object_name, const QString& accessible_name, QWidget* parent = nullptr);
    ~GraphView() override;

    void setGraph(Graph graph);

    /// As it is shown; the one that was set last is shown once it has been placed.
    const GraphPicture& picture() const { return picture_; }

    bool isPlacing() const { return placing_.isRunning(); }

    /// Empty when none is.
    QString selectedId() const;
    /// And brings it into view. Without a box of that name none is.
    void select(const QString& id);
    /// All of it, no larger than it is.
    void showAll();

    /// What is shown by itself is no smaller than that: of what is larger, the part around the selected box.
    void setLeastScale(double scale) { least_scale_ = scale; }

    /// Asks for a file, and saves there as SVG or PNG.
    void askToSave(const QString& name);

  Q_SIGNALS:
    /// The graph that was set last is shown now.
    void shown();
    void selectionChanged(const QString& id);
    void activated(const QString& id);
    /// Empty: it was saved.
    void saved(const QString& file, const QString& problem);

  protected:
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    bool viewportEvent(QEvent* event) override;

  private:
    class Item;

    void place(std::vector<QPointF> corners, const std::vector<QSizeF>& sizes);
    void selectBox(int box, bool brings_into_view);
    void bringIntoView(int box);
    void fit(double least_scale);
    void zoom(double factor);
    int boxAt(const QPoint& point) const;
    int neighbour(Qt::Key direction) const;

    GraphPicture picture_;
    GraphLook look_;
    Graph wanted_;
    Item* item_;
    bool shows_all_ = true;
    double least_scale_;
    app::BackgroundTask placing_;
};

}  // namespace tessera::workbench

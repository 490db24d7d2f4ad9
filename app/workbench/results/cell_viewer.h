// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The drawer at the right of a result: one cell, whole. As text, as a tree when it is JSON, as a picture when it is
/// one, as bytes. A very long value is shown in parts of kPartBytes and says so; it can be saved to a file, whole.
/// Reads off the GUI thread. GUI thread.

#include "app/core/results/result_view.h"
#include "app/core/thread/background_task.h"

#include <QWidget>
#include <map>

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QTabWidget;
class QToolButton;
class QTreeWidget;

namespace tessera::workbench {

class CellViewer : public QWidget {
    Q_OBJECT

  public:
    static constexpr std::uint64_t kPartBytes = std::uint64_t{1} << 20U;

    explicit CellViewer(QWidget* parent = nullptr);

    /// A view's row and a store's column.
    void showCell(const app::ResultView& view, std::uint64_t row, int column);

    /// Writes the whole value, and says below it how that went.
    void saveTo(const QString& path);

    QTabWidget& tabs() { return *tabs_; }

    QString text() const;

  Q_SIGNALS:
    void closeRequested();

  protected:
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

  private:
    struct Part;

    void load();
    void chooseFile();
    void showPart(Part part);
    void showText(const Part& part);
    void showJson(const Part& part);
    void showImage(const Part& part);
    void showBytes(const Part& part);
    /// In the tabs of plugins that can show it.
    void showInPlugins(const Part& part);

    app::ResultView view_;
    std::uint64_t row_ = 0;
    int column_ = 0;
    std::uint64_t offset_ = 0;
    QLabel* title_;
    QLabel* facts_;
    QTabWidget* tabs_;
    QPlainTextEdit* text_;
    QTreeWidget* tree_;
    QLabel* image_;
    QPlainTextEdit* bytes_;
    QToolButton* close_;
    QPushButton* save_;
    QPushButton* previous_;
    QPushButton* next_;
    /// Tabs of plugins that were used, by their names.
    std::map<QString, QWidget*> plugin_tabs_;
    app::BackgroundTask task_;
    app::BackgroundTask saving_;
};

}  // namespace tessera::workbench

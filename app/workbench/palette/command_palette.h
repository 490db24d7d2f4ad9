// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A field and a list above the window: type, choose, done. Ctrl+P goes to every object of the mesh, open tab and
/// action; Ctrl+Shift+P, or a ">" in the field, to actions alone. Actions and tabs are found at once, objects by a
/// worker. GUI thread.

#include "app/core/catalog/mesh_names.h"
#include "app/core/thread/background_task.h"
#include "app/workbench/palette/palette_model.h"

#include <QFrame>
#include <QPointer>
#include <QStringList>
#include <functional>
#include <optional>

class QLabel;
class QLineEdit;
class QListView;

namespace tessera::workbench {

class CommandPalette : public QFrame {
    Q_OBJECT

  public:
    /// Property of an action: other words it is found by.
    static constexpr const char* kWords = "paletteWords";

    struct Sources {
        /// Asked each time the palette opens.
        std::function<QList<QAction*>()> actions;
        std::function<QStringList()> tabs;
        /// Saved queries and files.
        std::function<std::vector<PaletteEntry>()> documents;
    };

    /// A child of `window`, over its content. `names` outlives it.
    CommandPalette(QWidget* window, app::MeshNames& names, Sources sources);

    /// The nodes whose names are searched.
    void setNodes(QStringList nodes) { nodes_ = std::move(nodes); }

    /// Objects, tabs and actions.
    void openQuickly();
    /// Actions alone.
    void openActions();

    /// Objects are still being looked for.
    bool isSearching() const { return search_.isRunning(); }

  Q_SIGNALS:
    void tabChosen(int tab);
    void objectChosen(const tessera::app::FoundName& object);
    /// Ctrl+Enter: its rows rather than its place.
    void rowsRequested(const tessera::app::FoundName& object);

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void changeEvent(QEvent* event) override;

  private:
    void open(const QString& text);
    void leave(bool gives_focus_back);
    void place();
    void refresh();
    void addActionsAndTabs(const QString& text, bool with_tabs);
    void searchObjects();
    void showEntries(std::vector<PaletteEntry> objects);
    void selectFirst();
    void choose(bool wants_rows);
    void move(int rows);
    void applyColors();

    app::MeshNames& names_;
    const Sources sources_;
    QStringList nodes_;
    PaletteModel model_;
    QLineEdit* field_;
    QListView* list_;
    QLabel* hint_;
    QList<QPointer<QAction>> actions_;
    QStringList tabs_;
    std::vector<PaletteEntry> documents_;
    /// Actions and tabs that fit the text; objects come behind them, or before if the text is no action's.
    std::vector<PaletteEntry> near_;
    /// Somebody went to a row: it stays the chosen one while more is found.
    bool has_moved_ = false;
    /// Enter was pressed before the objects were found: what it then does, whether it wants the rows.
    std::optional<bool> choice_once_found_;
    QPointer<QWidget> focus_before_;
    app::BackgroundTask search_;
};

}  // namespace tessera::workbench

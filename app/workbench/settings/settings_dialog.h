// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The settings: categories at the left, a search above. What is changed counts at once; only the scale needs a start.
/// GUI thread.

#include "app/core/library/library.h"
#include "app/workbench/settings/appearance.h"
#include "app/workbench/settings/editor_settings.h"
#include "app/workbench/settings/shortcuts.h"

#include <QDialog>

class QLabel;
class QListWidget;
class QPushButton;
class QStackedWidget;

namespace tessera::workbench {

class ShortcutsPage;

class SettingsDialog : public QDialog {
    Q_OBJECT

  public:
    /// What it sets; all of it outlives it.
    struct Subjects {
        Appearance& appearance;
        Shortcuts& shortcuts;
        EditorSettings& editor;
        app::Library& library;
    };

    SettingsDialog(const Subjects& subjects, QWidget* parent);

  Q_SIGNALS:
    /// The person wants the program to start again, for the new scale.
    void restartRequested();

  private:
    QWidget* buildAppearancePage();
    QWidget* buildPluginsPage();
    void search(const QString& text);
    void updateRestart();

    Appearance& appearance_;
    QListWidget* categories_;
    QStackedWidget* pages_;
    ShortcutsPage* shortcuts_page_;
    QLabel* restart_note_ = nullptr;
    QPushButton* restart_ = nullptr;
};

}  // namespace tessera::workbench

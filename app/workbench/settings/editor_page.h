// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The settings of the SQL editors; what is changed counts at once. GUI thread.

#include "app/workbench/settings/editor_settings.h"

#include <QWidget>
#include <functional>

class QFormLayout;

namespace tessera::workbench {

class EditorPage : public QWidget {
    Q_OBJECT

  public:
    /// `settings` outlives it.
    explicit EditorPage(EditorSettings& settings, QWidget* parent = nullptr);

  private:
    void addFont(QFormLayout* form);
    void addNumber(QFormLayout* form, const char* object_name, const QString& text, int EditorOptions::*option,
                   int smallest, int largest);
    void addSwitch(QFormLayout* form, const char* object_name, const QString& text, bool EditorOptions::*option);

    EditorSettings& settings_;
};

}  // namespace tessera::workbench

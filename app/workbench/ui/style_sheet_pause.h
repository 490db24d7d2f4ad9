// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// For as long as it lives there is no style sheet, provided that there is no window yet but the one that is built.
/// While there is one, Qt applies it anew to all below a widget each time that the widget gets a parent, so that what
/// is put together from its parts is styled once for each level: three quarters of the time of a start with ten tabs.
/// GUI thread.

#include <QApplication>
#include <QString>
#include <QWidget>

namespace tessera::workbench {

class StyleSheetPause {
  public:
    explicit StyleSheetPause(const QWidget* built) {
        // To take it away from others and give it back would cost more than it saves.
        if (QApplication::topLevelWidgets() == QWidgetList{const_cast<QWidget*>(built)}) {
            kept_ = qApp->styleSheet();
            qApp->setStyleSheet({});
        }
    }

    ~StyleSheetPause() {
        if (!kept_.isEmpty()) {
            qApp->setStyleSheet(kept_);
        }
    }

    StyleSheetPause(const StyleSheetPause&) = delete;
    StyleSheetPause& operator=(const StyleSheetPause&) = delete;

  private:
    QString kept_;
};

}  // namespace tessera::workbench

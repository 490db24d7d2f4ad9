// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What stands in the way of someone without a mouse or without eyes, of the widgets of a screen as it is: controls
/// that Tab does not reach, controls without a name, and those that keep Tab to themselves and cannot be left.

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QString>
#include <QStringList>
#include <QTabBar>
#include <QWidget>

namespace tessera::workbench {

/// Whether a person does something with it. Parts of another control (the field of a spin box, the arrows of a tab bar,
/// the button that empties a field) are that one's.
inline bool isControl(const QWidget& widget) {
    for (const QWidget* parent = widget.parentWidget(); parent != nullptr; parent = parent->parentWidget()) {
        if (qobject_cast<const QAbstractSpinBox*>(parent) != nullptr ||
            qobject_cast<const QComboBox*>(parent) != nullptr || qobject_cast<const QLineEdit*>(parent) != nullptr ||
            qobject_cast<const QTabBar*>(parent) != nullptr ||
            qobject_cast<const QAbstractItemView*>(parent) != nullptr || parent->inherits("QMenuBar")) {
            return false;
        }
    }
    if (const auto* label = qobject_cast<const QLabel*>(&widget)) {
        // Text that can be selected is there to be read; links are there to be followed.
        return label->textInteractionFlags().testFlag(Qt::LinksAccessibleByMouse) &&
               label->text().contains(QLatin1String("<a "));
    }
    // What gives the focus away (a tab widget to its bar), and lists that the keys of a field beside them walk through.
    if (widget.focusProxy() != nullptr ||
        (qobject_cast<const QAbstractItemView*>(&widget) != nullptr && widget.focusPolicy() == Qt::NoFocus)) {
        return false;
    }
    if (widget.inherits("QHeaderView") || widget.inherits("QScrollBar") ||
        widget.objectName().startsWith(QLatin1String("qt_"))) {
        return false;
    }
    return widget.focusPolicy() != Qt::NoFocus || qobject_cast<const QAbstractButton*>(&widget) != nullptr ||
           qobject_cast<const QComboBox*>(&widget) != nullptr || qobject_cast<const QLineEdit*>(&widget) != nullptr ||
           qobject_cast<const QAbstractSpinBox*>(&widget) != nullptr;
}

/// Does Tab do something else in it, so that the focus stays? Editors of code are left by F6: KeyboardTest.
inline bool keepsTab(const QWidget& widget) {
    if (const auto* text = qobject_cast<const QPlainTextEdit*>(&widget)) {
        return !text->isReadOnly() && !text->tabChangesFocus() && text->objectName() != QLatin1String("yamlText");
    }
    const auto* view = qobject_cast<const QAbstractItemView*>(&widget);
    return view != nullptr && view->tabKeyNavigation();
}

inline QStringList keyboardProblems(const QWidget& root) {
    QStringList problems;
    for (const QWidget* widget : root.findChildren<QWidget*>()) {
        if (!widget->isVisibleTo(&root) || !widget->isEnabledTo(&root) || widget->window() != root.window() ||
            !isControl(*widget)) {
            continue;
        }
        const auto add = [&](const char* problem) {
            problems += QStringLiteral("%1 “%2” in “%3” %4")
                            .arg(QLatin1String(widget->metaObject()->className()), widget->objectName(),
                                 widget->parentWidget()->objectName(), QLatin1String(problem));
        };
        if (!(widget->focusPolicy() & Qt::TabFocus)) {
            add("is not reached by Tab");
        }
        if (keepsTab(*widget)) {
            add("is not left by Tab");
        }
        QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(const_cast<QWidget*>(widget));
        if (interface == nullptr || interface->text(QAccessible::Name).isEmpty()) {
            add("has no name");
        }
    }
    return problems;
}

}  // namespace tessera::workbench

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Pictures of the screens for whoever looks at them, and what a program can say of them: that no text is cut off,
/// and that keys reach all of it. Run with QT_SCALE_FACTOR=2, their pictures go into a folder of their own.

#include "app/core/testing/event_loop.h"
#include "app/workbench/testing/keyboard_audit.h"
#include "app/workbench/ui/theme.h"

#include <gtest/gtest.h>

#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QScrollBar>
#include <QString>
#include <QStringList>
#include <QStyleOptionComboBox>
#include <QTabBar>
#include <QToolButton>
#include <QTreeView>
#include <QWidget>
#include <algorithm>
#include <string>
#include <utility>

namespace tessera::workbench {

/// How large a widget that shows a text must be for all of it; invalid where it shows none, or shortens it on purpose.
inline QSize sizeForText(const QWidget& widget) {
    if (const auto* label = qobject_cast<const QLabel*>(&widget)) {
        if (label->text().isEmpty() || label->sizePolicy().horizontalPolicy() == QSizePolicy::Ignored) {
            return {};
        }
        return label->wordWrap() ? QSize(1, label->heightForWidth(label->width())) : label->sizeHint();
    }
    if (const auto* button = qobject_cast<const QAbstractButton*>(&widget)) {
        const auto* tool = qobject_cast<const QToolButton*>(button);
        const bool is_icon =
            tool != nullptr && !tool->icon().isNull() && tool->toolButtonStyle() == Qt::ToolButtonIconOnly;
        return button->text().isEmpty() || is_icon ? QSize() : button->sizeHint();
    }
    if (const auto* combo = qobject_cast<const QComboBox*>(&widget)) {
        QStyleOptionComboBox option;
        option.initFrom(combo);
        const QRect field =
            combo->style()->subControlRect(QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxEditField, combo);
        const int text = combo->fontMetrics().horizontalAdvance(combo->currentText());
        return {combo->width() + std::max(0, text - field.width()), combo->sizeHint().height()};
    }
    if (const auto* field = qobject_cast<const QLineEdit*>(&widget)) {
        const bool is_hint = field->text().isEmpty() && qobject_cast<const QComboBox*>(field->parent()) == nullptr;
        constexpr int kEdges = 20;
        const int text = is_hint ? field->fontMetrics().horizontalAdvance(field->placeholderText()) + kEdges : 0;
        return {text, field->sizeHint().height()};
    }
    return {};
}

/// What is cut off within `root` as it is now, each with its text, its size and the one it needs.
inline QStringList clippedTexts(const QWidget& root) {
    QStringList clipped;
    for (const QWidget* widget : root.findChildren<QWidget*>()) {
        if (!widget->isVisibleTo(&root) || widget->width() == 0 || widget->window() != root.window()) {
            continue;
        }
        const auto add = [&](const QString& text, const QSize& needed, const QSize& has) {
            clipped += QStringLiteral("%1 “%2” needs %3×%4 and has %5×%6")
                           .arg(widget->objectName(), text)
                           .arg(needed.width())
                           .arg(needed.height())
                           .arg(has.width())
                           .arg(has.height());
        };
        if (const auto* bar = qobject_cast<const QTabBar*>(widget)) {
            for (int i = 0; i < bar->count(); ++i) {
                const int text = bar->fontMetrics().horizontalAdvance(bar->tabText(i));
                if (bar->isTabVisible(i) && bar->tabRect(i).width() < text) {
                    add(bar->tabText(i), {text, 0}, bar->tabRect(i).size());
                }
            }
            continue;
        }
        const QSize needed = sizeForText(*widget);
        if (needed.isValid() && (needed.width() > widget->width() || needed.height() > widget->height())) {
            const auto* combo = qobject_cast<const QComboBox*>(widget);
            const QVariant text = widget->property("text");
            add(combo != nullptr ? combo->currentText() : text.toString(), needed, widget->size());
        }
    }
    return clipped;
}

/// Is there more than one colour?
inline bool isDrawn(const QImage& image) {
    const QColor corner = image.pixelColor(0, 0);
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            if (image.pixelColor(x, y) != corner) {
                return true;
            }
        }
    }
    return false;
}

/// The widget with what pops up over it, which are windows of their own.
inline QPixmap grabWithPopups(QWidget& widget) {
    QPixmap picture = widget.grab();
    QPainter painter(&picture);
    for (QWidget* popup : QApplication::topLevelWidgets()) {
        const QWidget* parent = popup->parentWidget();
        const bool is_over = parent != nullptr && parent->window() == &widget && popup->windowType() == Qt::ToolTip;
        if (is_over && popup->isVisible()) {
            painter.drawPixmap(widget.mapFromGlobal(popup->mapToGlobal(QPoint())), popup->grab());
        }
    }
    return picture;
}

/// The widget as it is, under `name`; fails where a text is cut off, or a control is out of a keyboard's reach.
inline void saveScreenshot(QWidget& widget, const std::string& name) {
    const QStringList clipped = clippedTexts(widget);
    EXPECT_TRUE(clipped.isEmpty()) << name << ":\n" << clipped.join(u'\n').toStdString();
    const QStringList problems = keyboardProblems(widget);
    EXPECT_TRUE(problems.isEmpty()) << name << ":\n" << problems.join(u'\n').toStdString();
    const QPixmap picture = grabWithPopups(widget);
    const QString folder =
        QStringLiteral(TESSERA_SCREENSHOT_DIR) + (picture.devicePixelRatio() > 1 ? QStringLiteral("/200") : QString());
    ASSERT_TRUE(QDir().mkpath(folder));
    EXPECT_TRUE(picture.save(QStringLiteral("%1/%2.png").arg(folder, QString::fromStdString(name))));
}

/// A note that is there when the theme changes takes the new one's colour.
inline void expectColorOfEachTheme(const QLabel& note, QColor Theme::*color) {
    auto& application = *qobject_cast<QApplication*>(QCoreApplication::instance());
    const ThemeName before = currentTheme().name;
    for (const ThemeName theme : {ThemeName::kLight, ThemeName::kDark, ThemeName::kLight}) {
        applyTheme(application, theme);
        app::processPendingEvents();
        EXPECT_TRUE(note.styleSheet().contains((currentTheme().*color).name()))
            << note.objectName().toStdString() << ": " << note.styleSheet().toStdString();
    }
    applyTheme(application, before);
}

/// Every column has room for what it says, without scrolling sideways.
inline void expectColumnsFit(const QTreeView& table) {
    EXPECT_EQ(table.horizontalScrollBar()->maximum(), 0) << table.objectName().toStdString();
    const QAbstractItemView& view = table;
    for (int column = 0; column < table.model()->columnCount(); ++column) {
        EXPECT_TRUE(table.isColumnHidden(column) || table.columnWidth(column) >= view.sizeHintForColumn(column))
            << table.model()->headerData(column, Qt::Horizontal).toString().toStdString() << " needs "
            << view.sizeHintForColumn(column) << " and has " << table.columnWidth(column);
    }
}

inline void saveScreenshotsInBothThemes(QWidget& widget, const std::string& name) {
    auto& application = *qobject_cast<QApplication*>(QCoreApplication::instance());
    const ThemeName before = currentTheme().name;
    for (const auto& [theme, suffix] : {std::pair(ThemeName::kLight, "-light"), std::pair(ThemeName::kDark, "-dark")}) {
        applyTheme(application, theme);
        app::processPendingEvents();
        saveScreenshot(widget, name + suffix);
    }
    applyTheme(application, before);
}

}  // namespace tessera::workbench

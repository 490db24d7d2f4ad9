// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/shell/window_parts.h"

#include "app/workbench/editor/qscintilla.h"

#include <QDockWidget>
#include <QPlainTextEdit>
#include <QSplitter>
#include <QStatusBar>
#include <QTabWidget>
#include <QWidget>
#include <algorithm>
#include <utility>
#include <vector>

namespace tessera::workbench {

namespace {

bool writesTab(const QWidget& widget) {
    if (const auto* editor = qobject_cast<const QsciScintilla*>(&widget)) {
        return !editor->isReadOnly();
    }
    const auto* text = qobject_cast<const QPlainTextEdit*>(&widget);
    return text != nullptr && !text->isReadOnly() && !text->tabChangesFocus();
}

/// The window itself for what stands in none of them.
const QWidget* partOf(const QWidget& widget) {
    const QWidget* part = &widget;
    while (!part->isWindow() && !writesTab(*part) && qobject_cast<const QDockWidget*>(part) == nullptr &&
           qobject_cast<const QStatusBar*>(part) == nullptr && qobject_cast<const QTabWidget*>(part) == nullptr &&
           qobject_cast<const QSplitter*>(part->parentWidget()) == nullptr) {
        part = part->parentWidget();
    }
    return part;
}

bool takesFocus(const QWidget& widget, const QWidget& window) {
    return (widget.focusPolicy() & Qt::TabFocus) == Qt::TabFocus && widget.focusProxy() == nullptr &&
           widget.isEnabled() && widget.isVisible() && widget.window() == &window;
}

/// In the order of Tab.
std::vector<QWidget*> stopsOf(QWidget& window) {
    std::vector<QWidget*> stops;
    for (QWidget* widget = window.nextInFocusChain(); widget != &window; widget = widget->nextInFocusChain()) {
        if (takesFocus(*widget, window)) {
            stops.push_back(widget);
        }
    }
    return stops;
}

}  // namespace

void goToPart(QWidget& window, PartDirection direction) {
    // A part may have its controls in several places of that order: its first one counts.
    std::vector<std::pair<const QWidget*, QWidget*>> parts;
    for (QWidget* stop : stopsOf(window)) {
        const QWidget* part = partOf(*stop);
        const bool is_known =
            std::any_of(parts.begin(), parts.end(), [&](const auto& known) { return known.first == part; });
        if (!is_known) {
            parts.emplace_back(part, stop);
        }
    }
    if (parts.empty()) {
        return;
    }
    const QWidget* own = window.focusWidget() != nullptr ? partOf(*window.focusWidget()) : nullptr;
    const auto at = std::find_if(parts.begin(), parts.end(), [&](const auto& part) { return part.first == own; });
    const std::size_t count = parts.size();
    const auto place = static_cast<std::size_t>(at - parts.begin());
    const bool is_next = direction == PartDirection::kNext;
    const std::size_t target = at == parts.end() ? 0 : (place + (is_next ? 1 : count - 1)) % count;
    parts[target].second->setFocus(is_next ? Qt::TabFocusReason : Qt::BacktabFocusReason);
}

void enterPage(QWidget& page) {
    QWidget* last = page.focusWidget();
    if (page.focusProxy() != nullptr) {
        page.setFocus(Qt::ShortcutFocusReason);
    } else if (last != nullptr && last != &page && takesFocus(*last, *page.window())) {
        last->setFocus(Qt::ShortcutFocusReason);
    } else {
        for (QWidget* stop : stopsOf(*page.window())) {
            if (page.isAncestorOf(stop)) {
                stop->setFocus(Qt::ShortcutFocusReason);
                return;
            }
        }
        page.setFocus(Qt::ShortcutFocusReason);
    }
}

}  // namespace tessera::workbench

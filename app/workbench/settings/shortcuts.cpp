// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/settings/shortcuts.h"

#include <QAction>
#include <QSettings>
#include <algorithm>

namespace tessera::workbench {

namespace {

QString keyOf(const QAction& action) {
    return QStringLiteral("shortcuts/") + action.objectName();
}

/// An empty text is no keys; the list of it would be one that is none.
QList<QKeySequence> keysOf(const QString& text) {
    return text.isEmpty() ? QList<QKeySequence>() : QKeySequence::listFromString(text, QKeySequence::PortableText);
}

}  // namespace

Shortcuts::Shortcuts(QSettings& settings, QObject* parent) : QObject(parent), settings_(settings) {}

void Shortcuts::add(QAction* action) {
    Q_ASSERT(!action->objectName().isEmpty());
    // A tooltip that was never set is the text, without its mark for the keyboard.
    entries_.push_back({action, action->shortcuts(), action->toolTip()});
    const QVariant own = settings_.value(keyOf(*action));
    apply(entries_.back(), own.isValid() ? keysOf(own.toString()) : entries_.back().defaults);
}

QList<QAction*> Shortcuts::actions() const {
    QList<QAction*> actions;
    for (const Entry& entry : entries_) {
        if (entry.action) {
            actions += entry.action;
        }
    }
    return actions;
}

QList<QKeySequence> Shortcuts::defaultsOf(const QAction* action) const {
    const Entry* entry = entryOf(action);
    return entry != nullptr ? entry->defaults : QList<QKeySequence>();
}

bool Shortcuts::isChanged(const QAction* action) const {
    return settings_.contains(keyOf(*action));
}

void Shortcuts::setKeys(QAction* action, const QList<QKeySequence>& keys) {
    const Entry* entry = entryOf(action);
    if (entry == nullptr) {
        return;
    }
    if (keys == entry->defaults) {
        settings_.remove(keyOf(*action));
    } else {
        settings_.setValue(keyOf(*action), QKeySequence::listToString(keys, QKeySequence::PortableText));
    }
    apply(*entry, keys);
    Q_EMIT changed();
}

void Shortcuts::reset(QAction* action) {
    setKeys(action, defaultsOf(action));
}

const QAction* Shortcuts::ownerOf(const QList<QKeySequence>& keys, const QAction* except) const {
    for (const Entry& entry : entries_) {
        if (!entry.action || entry.action == except) {
            continue;
        }
        const QList<QKeySequence> own = entry.action->shortcuts();
        if (std::any_of(keys.begin(), keys.end(), [&](const QKeySequence& key) { return own.contains(key); })) {
            return entry.action;
        }
    }
    return nullptr;
}

const Shortcuts::Entry* Shortcuts::entryOf(const QAction* action) const {
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [action](const Entry& entry) { return entry.action == action; });
    return found == entries_.end() ? nullptr : &*found;
}

void Shortcuts::apply(const Entry& entry, const QList<QKeySequence>& keys) {
    entry.action->setShortcuts(keys);
    entry.action->setToolTip(
        keys.isEmpty() ? entry.tip
                       : QStringLiteral("%1 (%2)").arg(entry.tip, keys.front().toString(QKeySequence::NativeText)));
}

}  // namespace tessera::workbench

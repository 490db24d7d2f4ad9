// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The keys of the window's actions: their defaults, and what the person made of them, kept in the settings under the
/// action's object name. An action's tooltip names its keys. GUI thread.

#include <QKeySequence>
#include <QList>
#include <QObject>
#include <QPointer>
#include <QString>
#include <vector>

class QAction;
class QSettings;

namespace tessera::workbench {

class Shortcuts : public QObject {
    Q_OBJECT

  public:
    /// `settings` outlives it.
    explicit Shortcuts(QSettings& settings, QObject* parent = nullptr);

    /// Its keys now are its defaults; the person's own are applied at once. The action has an object name.
    void add(QAction* action);

    QList<QAction*> actions() const;
    QList<QKeySequence> defaultsOf(const QAction* action) const;
    bool isChanged(const QAction* action) const;

    /// Empty: no keys at all.
    void setKeys(QAction* action, const QList<QKeySequence>& keys);
    void reset(QAction* action);

    /// Another action with one of these keys; null when they are free.
    const QAction* ownerOf(const QList<QKeySequence>& keys, const QAction* except) const;

  Q_SIGNALS:
    void changed();

  private:
    struct Entry {
        QPointer<QAction> action;
        QList<QKeySequence> defaults;
        QString tip;
    };

    const Entry* entryOf(const QAction* action) const;
    static void apply(const Entry& entry, const QList<QKeySequence>& keys);

    QSettings& settings_;
    std::vector<Entry> entries_;
};

}  // namespace tessera::workbench

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A tab in which a file of the mesh is written: a job, an endpoint, a model. What the window needs of it. GUI thread.

#include "app/core/drafts/draft.h"

#include <QWidget>
#include <functional>
#include <optional>

namespace tessera::workbench {

class DocumentPage : public QWidget {
    Q_OBJECT

  public:
    using QWidget::QWidget;

    /// Its name; with a dot when there is something to save.
    virtual QString title() const = 0;

    /// Asks the mesh, shows what will change, and saves.
    virtual void save() = 0;

    virtual bool isChanged() const = 0;

    /// What a session keeps of it; none when the mesh has all of it. The position is the window's to say.
    virtual std::optional<app::DocumentText> kept() const = 0;

    /// Whether what is not saved is to be lost: then `then` is called.
    virtual void askBeforeClosing(const std::function<void()>& then) = 0;

  protected:
    /// Asks by a box of that name; `discard` is its button's text. Returns at once.
    void askToDiscard(const QString& box_name, const QString& title, const QString& question, const QString& discard,
                      const std::function<void()>& then);

  Q_SIGNALS:
    void titleChanged();
};

}  // namespace tessera::workbench

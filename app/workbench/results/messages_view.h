// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What was said about the tab's statements, oldest first: notices of the server, errors with their place, results.
/// Plain text, never interpreted. Bounded: the oldest lines go. GUI thread.

#include <QPlainTextEdit>

namespace tessera::workbench {

class MessagesView : public QPlainTextEdit {
    Q_OBJECT

  public:
    enum class Tone { kPlain, kSuccess, kWarning, kError };

    explicit MessagesView(QWidget* parent = nullptr);

    /// With the time of day before it.
    void add(Tone tone, const QString& text);
};

}  // namespace tessera::workbench

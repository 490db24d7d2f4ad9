// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The snippets: a list of their words, and what the chosen one writes. What is changed is kept as one leaves its
/// field. GUI thread.

#include "app/core/library/library.h"

#include <QPointer>
#include <QWidget>

class QLineEdit;
class QListWidget;
class QPlainTextEdit;
class QPushButton;

namespace tessera::workbench {

class SnippetsPage : public QWidget {
    Q_OBJECT

  public:
    /// `library` outlives it.
    explicit SnippetsPage(app::Library& library, QWidget* parent = nullptr);
    /// Keeps what is still in a field.
    ~SnippetsPage() override;

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void fill();
    void show(qint64 id);
    void keep();
    void add();
    void remove();

    /// Null when the program ends before the dialog is closed.
    QPointer<app::Library> library_;
    QListWidget* list_;
    QLineEdit* word_;
    QLineEdit* note_;
    QPlainTextEdit* body_;
    QPushButton* remove_;
    /// The one in the fields, as it was last read or kept; no id for none.
    app::LibraryItem shown_;
};

}  // namespace tessera::workbench

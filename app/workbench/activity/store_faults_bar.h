// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Buttons that disturb a member of a test cluster on purpose, and what disturbs which. Hidden where no node takes
/// faults. GUI thread.

#include "app/core/mesh/store_faults.h"

#include <QWidget>
#include <memory>

class QPushButton;

namespace tessera::workbench {

class NoteLabel;

class StoreFaultsBar : public QWidget {
    Q_OBJECT

  public:
    explicit StoreFaultsBar(QWidget* parent = nullptr);

    app::StoreFaults& faults() { return faults_; }

    /// Whom the buttons mean: a node's name; empty: nobody.
    void setNode(const QString& node);

  private:
    void showState();
    void showError(const QString& node, const Error& error);
    void disturb(const char* box_name, const QString& question, const QString& verb, const client::StoreFaults& faults);
    void elect();
    void healAll();
    void confirm(const char* box_name, const QString& question, const QString& verb, std::function<void()> work);

    app::StoreFaults faults_;
    QString node_;
    QString error_;
    NoteLabel* note_;
    QPushButton* isolate_;
    QPushButton* pause_;
    QPushButton* elect_;
    QPushButton* heal_;
};

}  // namespace tessera::workbench

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Adds a source to a node in three steps: what it is and where, what it has (tried out, nothing kept), what of it is
/// wanted under which schema. As the person themself: the node decides whether they may. GUI thread; never waits.

#include "app/core/catalog/new_source.h"
#include "app/core/session/query_session.h"

#include <QDialog>
#include <memory>
#include <vector>

class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;
class QTreeWidget;

namespace tessera::workbench {

class NoteLabel;

class AddSourceDialog : public QDialog {
    Q_OBJECT

  public:
    AddSourceDialog(const QString& node, std::shared_ptr<client::NodeClient> client, QWidget* parent);

  Q_SIGNALS:
    /// It is there; the catalog is another one now.
    void added(const QString& node);

  private:
    QWidget* buildWhere();
    QWidget* buildWhat();
    void showFields();
    void updateButtons();
    app::NewSource source() const;
    void tryOut();
    void add();
    void onState();
    void onTried(const Error& error);
    void showProblem(const Error& error);
    void setNote(const QString& text, bool is_problem);

    struct FieldEdit {
        app::SourceKind::Field field;
        QLineEdit* edit = nullptr;
    };

    const QString node_;
    const std::shared_ptr<client::NodeClient> client_;
    const std::vector<app::SourceKind> kinds_;
    std::vector<FieldEdit> fields_;
    std::vector<app::PreviewedTable> tables_;
    bool is_preview_ = false;

    QStackedWidget* steps_;
    QComboBox* kind_ = nullptr;
    QFormLayout* form_ = nullptr;
    QLineEdit* name_ = nullptr;
    QLineEdit* comment_ = nullptr;
    QLineEdit* remote_schema_ = nullptr;
    QLineEdit* local_schema_ = nullptr;
    QTreeWidget* preview_ = nullptr;
    QPlainTextEdit* statements_ = nullptr;
    NoteLabel* note_;
    QPushButton* back_;
    QPushButton* next_;
    app::QuerySession session_;
};

}  // namespace tessera::workbench

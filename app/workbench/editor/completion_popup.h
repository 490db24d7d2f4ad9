// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The list of proposals under the caret: icon, name, type, origin; beside it the comment of the current one. It never
/// takes the focus: the editor hands it the keys it wants. GUI thread.

#include "app/core/sql/completion.h"

#include <QAbstractListModel>
#include <QFrame>
#include <QStyledItemDelegate>
#include <vector>

class QLabel;
class QListView;

namespace tessera::workbench {

struct Theme;

class ProposalModel : public QAbstractListModel {
    Q_OBJECT

  public:
    using QAbstractListModel::QAbstractListModel;

    void setProposals(std::vector<app::Proposal> proposals);

    const app::Proposal& at(int row) const { return proposals_[static_cast<std::size_t>(row)]; }

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

  private:
    std::vector<app::Proposal> proposals_;
};

class ProposalDelegate : public QStyledItemDelegate {
    Q_OBJECT

  public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

class CompletionPopup : public QFrame {
    Q_OBJECT

  public:
    static constexpr int kRowsShown = 12;

    explicit CompletionPopup(QWidget* parent);

    /// Shows them with the first one current, below `caret` (global), or above it where the screen ends.
    void showProposals(std::vector<app::Proposal> proposals, const QPoint& caret, int line_height);

    const ProposalModel& model() const { return model_; }

    int currentRow() const;
    const app::Proposal* current() const;

    /// Moves the choice by rows; it wraps. From then on the person has chosen.
    void moveBy(int rows);
    void moveByPage(int pages);

    /// Whether the current row is the person's choice and not just the first: only then Enter accepts it.
    bool hasChosen() const { return has_chosen_; }

  Q_SIGNALS:
    /// A row was clicked.
    void accepted();

  private:
    void showDocumentation();
    void applyTheme();

    ProposalModel model_;
    QListView* list_;
    QLabel* documentation_;
    QLabel* footer_;
    bool has_chosen_ = false;
    /// The theme it is drawn in, which may have changed while it was hidden.
    const Theme* shown_theme_ = nullptr;
};

}  // namespace tessera::workbench

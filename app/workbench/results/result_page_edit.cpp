// SPDX-License-Identifier: GPL-3.0-or-later
// ResultPage's changing of cells: typed over the grid, kept until they are reviewed and applied.
#include "app/core/sql/tokens.h"
#include "app/workbench/results/cell_editor.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/result_page.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/results/review_dialog.h"

#include <QBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace tessera::workbench {

namespace {

/// What is typed over in a grid; more is a statement's work.
constexpr std::uint64_t kEditedBytesMax = 100'000;
constexpr std::size_t kKeyCharactersMax = 60;

}  // namespace

void ResultPage::buildEditBar() {
    edit_bar_ = new QWidget;
    edit_bar_->setObjectName(QStringLiteral("editBar"));
    edit_label_ = new QLabel;
    edit_label_->setObjectName(QStringLiteral("editLabel"));
    const auto button = [this](const QString& text, const char* name, auto action) {
        auto* made = new QPushButton(text);
        made->setObjectName(QLatin1String(name));
        connect(made, &QPushButton::clicked, this, action);
        return made;
    };
    review_ = button(tr("Review and apply…"), "reviewButton", [this] { review(); });
    QPushButton* undo = button(tr("Undo"), "undoChangeButton", [this] {
        changes_.undo();
        updateEditBar();
    });
    QPushButton* discard = button(tr("Discard"), "discardButton", [this] { discardChanges(); });
    undo->setProperty("secondary", true);
    discard->setProperty("secondary", true);
    auto* layout = new QHBoxLayout(edit_bar_);
    layout->setContentsMargins(12, 4, 8, 4);
    layout->setSpacing(8);
    layout->addWidget(edit_label_, 1);
    layout->addWidget(undo);
    layout->addWidget(discard);
    layout->addWidget(review_);
    edit_bar_->hide();
    this->layout()->addWidget(edit_bar_);
    connect(grid_, &ResultGrid::editRequested, this, &ResultPage::editCell);
    connect(grid_, &ResultGrid::nullRequested, this,
            [this] { changeCell(grid_->selection().current(), std::nullopt); });
    grid_->setOverlay([this](std::uint64_t row, std::size_t column) -> const app::CellValue* {
        const app::RowChanges::Cell* cell = changes_.find(row, column);
        return cell == nullptr ? nullptr : &cell->after;
    });
}

void ResultPage::setEditTarget(Result<app::EditTarget> target, std::shared_ptr<client::NodeClient> node) {
    target_node_ = std::move(node);
    if (target) {
        target_ = std::move(*target);
        return;
    }
    target_.reset();
    edit_refusal_ = tr("The rows cannot be changed: %1.").arg(QString::fromStdString(target.error().message));
    if (!target.error().hint.empty()) {
        edit_refusal_ += QLatin1Char(' ') + QString::fromStdString(target.error().hint) + QLatin1Char('.');
    }
}

bool ResultPage::canEdit(int store_column) {
    if (!target_) {
        work_text_ = edit_refusal_;
    } else if (is_applying_) {
        work_text_ = tr("The changes are being applied.");
    } else if (target_->columns[static_cast<std::size_t>(store_column)].name.empty()) {
        work_text_ = tr("The column is computed: it is not one of the table's.");
    } else {
        return true;
    }
    tick();
    return false;
}

Result<std::vector<app::CellValue>> ResultPage::rowAt(std::uint64_t store_row) const {
    const app::ResultStore& store = *grid_->view().store;
    const app::ResultStore::Position position = TSR_TRY(store.at(store_row));
    std::vector<app::CellValue> row;
    for (std::size_t i = 0; i < store.columns()->size(); ++i) {
        const bool is_long = !position.isNull(i) && app::ResultStore::textSize(position, i) > kEditedBytesMax;
        if (position.isNull(i) || is_long) {
            row.emplace_back();
        } else {
            row.emplace_back(TSR_TRY(store.readText(position, i)));
        }
    }
    return row;
}

void ResultPage::editCell(const QString& typed) {
    const GridCell cell = grid_->selection().current();
    if (grid_->selection().isEmpty() || grid_->rowCount() == 0 || !canEdit(grid_->storeColumn(cell.column))) {
        return;
    }
    const auto column = static_cast<std::size_t>(grid_->storeColumn(cell.column));
    const std::uint64_t store_row = grid_->view().storeRow(static_cast<std::uint64_t>(cell.row));
    const Result<app::ResultStore::Position> position = grid_->view().store->at(store_row);
    if (!position || (!position->isNull(column) && app::ResultStore::textSize(*position, column) > kEditedBytesMax)) {
        work_text_ = position ? tr("The value is too long to be typed over: change it by a statement.")
                              : QString::fromStdString(position.error().message);
        tick();
        return;
    }
    const app::RowChanges::Cell* changed = changes_.find(store_row, column);
    const auto row = rowAt(store_row);
    const app::CellValue now = changed != nullptr ? changed->after : row ? (*row)[column] : std::nullopt;
    grid_->setCurrentCell(cell);
    auto* editor = new CellEditor(grid_->viewport(), grid_->cellRect(cell));
    connect(editor, &CellEditor::taken, this,
            [this, cell](const QString& text) { changeCell(cell, text.toStdString()); });
    connect(editor, &CellEditor::closed, this, [this] { grid_->setFocus(Qt::OtherFocusReason); });
    const bool is_kept = typed.isEmpty();
    editor->begin(is_kept ? QString::fromStdString(now.value_or("")) : typed, is_kept);
}

void ResultPage::changeCell(GridCell cell, app::CellValue value) {
    const auto column = static_cast<std::size_t>(grid_->storeColumn(cell.column));
    if (grid_->selection().isEmpty() || !canEdit(static_cast<int>(column))) {
        return;
    }
    if (!value && target_->columns[column].not_null) {
        work_text_ = tr("The column cannot be NULL.");
        tick();
        return;
    }
    const std::uint64_t store_row = grid_->view().storeRow(static_cast<std::uint64_t>(cell.row));
    const auto row = rowAt(store_row);
    if (!row) {
        work_text_ = QString::fromStdString(row.error().message);
        tick();
        return;
    }
    changes_.set(store_row, column, (*row)[column], std::move(value));
    work_text_.clear();
    tick();
    updateEditBar();
}

void ResultPage::updateEditBar() {
    const std::size_t cells = changes_.cellCount();
    const QString changed = cells == 1 ? tr("1 cell changed") : tr("%1 cells changed").arg(cells);
    edit_label_->setText(is_applying_ ? tr("Applying…")
                                      : tr("%1 in %2, not applied yet").arg(changed, rowsText(changes_.rows().size())));
    edit_bar_->setEnabled(!is_applying_);
    edit_bar_->setVisible(cells > 0);
    grid_->viewport()->update();
}

QString ResultPage::keyText(const std::vector<app::CellValue>& row) const {
    QStringList parts;
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (target_->columns[i].is_key) {
            parts << QString::fromStdString(target_->columns[i].name + " = " +
                                            row[i].value_or("NULL").substr(0, kKeyCharactersMax));
        }
    }
    return parts.join(QStringLiteral(", "));
}

void ResultPage::review() {
    std::vector<ReviewDialog::Row> rows;
    for (const auto& [store_row, cells] : changes_.rows()) {
        const auto row = rowAt(store_row);
        if (!row) {
            work_text_ = QString::fromStdString(row.error().message);
            tick();
            return;
        }
        rows.push_back({keyText(*row), cells});
    }
    auto* dialog = new ReviewDialog(*target_, rows, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, &ResultPage::apply);
    dialog->open();
}

void ResultPage::apply() {
    std::vector<client::QueryRequest> requests;
    for (const auto& [store_row, cells] : changes_.rows()) {
        if (const auto row = rowAt(store_row)) {
            requests.push_back(app::updateOf(*target_, cells, *row));
        }
    }
    is_applying_ = true;
    updateEditBar();
    Q_EMIT applyRequested(target_node_, requests);
}

void ResultPage::applied(const std::optional<Error>& error, std::size_t row) {
    is_applying_ = false;
    if (!error) {
        const auto rows = changes_.rows().size();
        discardChanges();
        setNote({});
        work_text_ = tr("Changed %1").arg(rowsText(rows));
    } else {
        QString which;
        if (row < changes_.rows().size()) {
            if (const auto values =
                    rowAt(std::next(changes_.rows().begin(), static_cast<std::ptrdiff_t>(row))->first)) {
                which = tr("Nothing was applied. Row %1: ").arg(keyText(*values));
            }
        }
        QString advice = QString::fromStdString(error->hint);
        if (!advice.isEmpty()) {
            advice = QStringLiteral(". ") + advice.left(1).toUpper() + advice.mid(1);
        }
        setNote(which + QString::fromStdString(error->message) + advice + QLatin1Char('.'));
    }
    updateEditBar();
    tick();
}

void ResultPage::discardChanges() {
    changes_.clear();
    is_applying_ = false;
    updateEditBar();
}

}  // namespace tessera::workbench

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/find_bar.h"

#include "app/core/results/row_arranger.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/ui/icons.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>
#include <algorithm>

namespace tessera::workbench {

namespace {

constexpr int kTypingPause_ms = 150;

}  // namespace

FindBar::FindBar(ResultGrid& grid, QWidget* parent)
    : QWidget(parent), grid_(grid), field_(new QLineEdit), status_(new QLabel), task_(this) {
    setObjectName(QStringLiteral("findBar"));
    field_->setObjectName(QStringLiteral("findField"));
    field_->setAccessibleName(tr("Find in the result"));
    field_->setPlaceholderText(tr("Find in the result"));
    field_->setClearButtonEnabled(true);
    status_->setObjectName(QStringLiteral("findStatus"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 4, 8, 4);
    layout->setSpacing(8);
    layout->addWidget(field_, 1);
    layout->addWidget(status_);
    const auto addButton = [&](const QString& text, const char* object_name, auto action) {
        auto* button = new QToolButton;
        button->setObjectName(QLatin1String(object_name));
        button->setText(text);
        connect(button, &QToolButton::clicked, this, action);
        layout->addWidget(button);
    };
    addButton(tr("Previous"), "findPrevious", [this] { go(Step::kPrevious); });
    addButton(tr("Next"), "findNext", [this] { go(Step::kNext); });
    addButton(tr("Close"), "findClose", [this] { close(); });
    typing_.setSingleShot(true);
    typing_.setInterval(kTypingPause_ms);
    connect(field_, &QLineEdit::textChanged, &typing_, qOverload<>(&QTimer::start));
    connect(&typing_, &QTimer::timeout, this, &FindBar::search);
    hide();
}

void FindBar::open() {
    show();
    field_->setFocus(Qt::ShortcutFocusReason);
    field_->selectAll();
}

void FindBar::close() {
    task_.cancel();
    typing_.stop();
    rows_.clear();
    grid_.setMarker({});
    hide();
    grid_.setFocus(Qt::OtherFocusReason);
}

void FindBar::refresh() {
    if (isVisible()) {
        search();
    }
}

QString FindBar::status() const {
    return status_->text();
}

void FindBar::search() {
    const QString text = field_->text();
    task_.cancel();
    rows_.clear();
    if (text.isEmpty() || !grid_.view().store) {
        grid_.setMarker({});
        status_->clear();
        return;
    }
    grid_.setMarker([text](const QString& cell) { return cell.contains(text, Qt::CaseInsensitive); });
    status_->setText(tr("Searching…"));
    task_.start(
        [view = grid_.view(), text = text.toStdString()](app::TaskControl& control) {
            return app::findRows(view, text, control);
        },
        [this](Result<app::RowOrder> rows) {
            if (!rows) {
                status_->setText(QString::fromStdString(rows.error().message));
                return;
            }
            rows_ = std::move(*rows);
            if (!rows_.empty() && !std::binary_search(rows_.begin(), rows_.end(),
                                                      static_cast<std::uint32_t>(grid_.selection().current().row))) {
                go(Step::kNext);
            }
            showStatus();
        });
}

void FindBar::go(Step step) {
    if (rows_.empty()) {
        return;
    }
    const auto current = static_cast<std::uint32_t>(grid_.selection().current().row);
    auto found = rows_.begin();
    if (step == Step::kNext) {
        found = std::upper_bound(rows_.begin(), rows_.end(), current);
        found = found == rows_.end() ? rows_.begin() : found;
    } else {
        found = std::lower_bound(rows_.begin(), rows_.end(), current);
        found = std::prev(found == rows_.begin() ? rows_.end() : found);
    }
    GridCell cell{static_cast<std::int64_t>(*found), 0};
    for (int column = 0; column < grid_.columnCount(); ++column) {
        if (!grid_.isColumnHidden(column) &&
            grid_.cellText(cell.row, column).contains(field_->text(), Qt::CaseInsensitive)) {
            cell.column = column;
            break;
        }
    }
    grid_.setCurrentCell(cell);
    showStatus();
}

void FindBar::showStatus() {
    if (rows_.empty()) {
        status_->setText(tr("Not found"));
        return;
    }
    const auto current = static_cast<std::uint32_t>(grid_.selection().current().row);
    const auto at = std::lower_bound(rows_.begin(), rows_.end(), current);
    const QString total = rowsText(rows_.size());
    status_->setText(at != rows_.end() && *at == current ? tr("%1 of %2").arg(at - rows_.begin() + 1).arg(total)
                                                         : total);
}

void FindBar::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape) {
        close();
    } else if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        go(event->modifiers() & Qt::ShiftModifier ? Step::kPrevious : Step::kNext);
    } else {
        QWidget::keyPressEvent(event);
    }
}

}  // namespace tessera::workbench

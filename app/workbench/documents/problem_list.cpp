// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/documents/problem_list.h"

#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

namespace tessera::workbench {

namespace {

enum Role { kLine = Qt::UserRole, kColumn };

}  // namespace

ProblemList::ProblemList(app::DocumentDraft& draft, const char* object_name, QWidget* parent)
    : QListWidget(parent), draft_(draft) {
    setObjectName(QLatin1String(object_name));
    setAccessibleName(tr("What is wrong"));
    setFrameShape(QFrame::NoFrame);
    setWordWrap(true);
    constexpr int kHeight = 140;
    setMaximumHeight(kHeight);
    connect(this, &QListWidget::itemActivated, this, [this](const QListWidgetItem* item) {
        Q_EMIT chosen(item->data(kLine).toInt(), item->data(kColumn).toInt());
    });
    connect(this, &QListWidget::itemClicked, this, &QListWidget::itemActivated);
    connect(&draft_, &app::DocumentDraft::changed, this, &ProblemList::showAll);
    showAll();
}

void ProblemList::showAll() {
    clear();
    for (const app::DocumentDraft::Problem& problem : draft_.problems()) {
        auto* item = new QListWidgetItem(
            icon("error", currentTheme().error),
            problem.line > 0 ? tr("Line %1: %2").arg(problem.line).arg(problem.text) : problem.text, this);
        item->setData(kLine, problem.line);
        item->setData(kColumn, problem.column);
    }
    setVisible(count() > 0);
}

}  // namespace tessera::workbench

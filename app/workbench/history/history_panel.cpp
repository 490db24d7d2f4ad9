// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/history/history_panel.h"

#include "app/workbench/results/results_panel.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QSplitter>
#include <QVBoxLayout>

namespace tessera::workbench {

namespace {

constexpr int kSearchDelay_ms = 80;

/// The first line that is no comment says most.
QString firstLine(const QString& sql) {
    for (const QString& line : sql.split(u'\n')) {
        if (const QString text = line.simplified(); !text.isEmpty() && !text.startsWith(QLatin1String("--"))) {
            return text;
        }
    }
    return sql.simplified();
}

QString summaryOf(const app::HistoryEntry& entry) {
    const QString result =
        entry.error.isEmpty() ? rowsText(static_cast<std::uint64_t>(entry.rows)) : HistoryPanel::tr("failed");
    return QStringLiteral("%1 · %2 · %3 · %4")
        .arg(result, durationText(entry.duration_ms), entry.node,
             QLocale().toString(entry.started, QLocale::ShortFormat));
}

}  // namespace

HistoryPanel::HistoryPanel(app::History& history, QWidget* parent)
    : QWidget(parent),
      history_(history),
      search_(new QLineEdit),
      list_(new QListWidget),
      preview_(new QPlainTextEdit),
      open_(new QPushButton(tr("Open in a tab"))) {
    setObjectName(QStringLiteral("historyPanel"));
    search_->setObjectName(QStringLiteral("historySearch"));
    search_->setPlaceholderText(tr("Search what was run"));
    search_->setAccessibleName(tr("Search what was run"));
    search_->setClearButtonEnabled(true);
    list_->setObjectName(QStringLiteral("historyList"));
    list_->setAccessibleName(tr("What was run"));
    list_->setFrameShape(QFrame::NoFrame);
    list_->setUniformItemSizes(true);
    list_->setTextElideMode(Qt::ElideRight);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    preview_->setObjectName(QStringLiteral("historyPreview"));
    preview_->setAccessibleName(tr("The chosen statement"));
    preview_->setReadOnly(true);
    preview_->setFrameShape(QFrame::NoFrame);
    preview_->setFont(monospaceFont());
    preview_->setPlaceholderText(tr("Choose a statement to see all of it."));
    open_->setObjectName(QStringLiteral("historyOpen"));
    open_->setEnabled(false);
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setHandleWidth(1);
    splitter->addWidget(list_);
    splitter->addWidget(preview_);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->setSpacing(8);
    constexpr int kWidth = 340;
    setMinimumWidth(kWidth);
    auto* title = new QLabel(tr("History"));
    title->setBuddy(search_);
    layout->addWidget(title);
    layout->addWidget(search_);
    layout->addWidget(splitter, 1);
    layout->addWidget(open_, 0, Qt::AlignRight);
    delay_.setSingleShot(true);
    delay_.setInterval(kSearchDelay_ms);
    connect(&delay_, &QTimer::timeout, this, &HistoryPanel::refresh);
    connect(search_, &QLineEdit::textChanged, &delay_, qOverload<>(&QTimer::start));
    connect(&history_, &app::History::added, this, [this] {
        if (isVisible()) {
            delay_.start();
        }
    });
    connect(list_, &QListWidget::currentRowChanged, this, &HistoryPanel::showCurrent);
    connect(list_, &QListWidget::itemActivated, this, &HistoryPanel::openCurrent);
    connect(open_, &QPushButton::clicked, this, &HistoryPanel::openCurrent);
}

void HistoryPanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    refresh();
}

void HistoryPanel::refresh() {
    const std::uint64_t question = ++question_;
    history_.search(search_->text(), kShown,
                    [panel = QPointer<HistoryPanel>(this), question](std::vector<app::HistoryEntry> entries) {
                        if (panel && question == panel->question_) {
                            panel->showEntries(std::move(entries));
                        }
                    });
}

void HistoryPanel::showEntries(std::vector<app::HistoryEntry> entries) {
    if (entries == entries_) {
        return;
    }
    entries_ = std::move(entries);
    list_->clear();
    const Theme& theme = currentTheme();
    const QIcon done = icon("done", theme.success);
    const QIcon failed = icon("error", theme.error);
    for (const app::HistoryEntry& entry : entries_) {
        auto* item = new QListWidgetItem(entry.error.isEmpty() ? done : failed,
                                         firstLine(entry.sql) + u'\n' + summaryOf(entry), list_);
        item->setToolTip(entry.error);
    }
    showCurrent();
}

void HistoryPanel::showCurrent() {
    const int row = list_->currentRow();
    const bool has_current = row >= 0 && static_cast<std::size_t>(row) < entries_.size();
    open_->setEnabled(has_current);
    preview_->setPlainText(has_current ? entries_[static_cast<std::size_t>(row)].sql : QString());
}

void HistoryPanel::openCurrent() {
    const int row = list_->currentRow();
    if (row >= 0 && static_cast<std::size_t>(row) < entries_.size()) {
        const app::HistoryEntry entry = entries_[static_cast<std::size_t>(row)];
        Q_EMIT openRequested(entry.node, entry.sql);
    }
}

}  // namespace tessera::workbench

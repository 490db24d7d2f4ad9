// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/documents/versions_view.h"

#include "app/core/jobs/job_models.h"
#include "app/workbench/documents/diff_text.h"
#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/note_label.h"

#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace tessera::workbench {

namespace {

enum With { kBefore, kDraft };

}  // namespace

VersionsView::VersionsView(app::DocumentDraft& draft, VersionSource source, QWidget* parent)
    : QWidget(parent),
      source_(std::move(source)),
      list_(new QTreeWidget),
      with_(new QComboBox),
      diff_(new DiffText("versionDiff", tr("What is different"))),
      restore_(new QPushButton(tr("Take this version"))),
      note_(new NoteLabel(QStringLiteral("versionsNote"))),
      reading_(this) {
    list_->setObjectName(QStringLiteral("versionsList"));
    list_->setAccessibleName(tr("Versions"));
    list_->setHeaderLabels({tr("Version"), tr("When"), tr("By")});
    styleFactsTable(list_);
    constexpr int kWhenWidth = 140;
    list_->setColumnWidth(1, kWhenWidth);
    list_->setSelectionMode(QAbstractItemView::SingleSelection);
    with_->setObjectName(QStringLiteral("versionsWith"));
    with_->addItem(tr("the version before it"), kBefore);
    with_->addItem(tr("what is being written"), kDraft);
    restore_->setObjectName(QStringLiteral("restoreVersionButton"));
    restore_->setProperty("secondary", true);
    restore_->setToolTip(tr("Its text becomes what is being written; it counts when you save it"));
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 8, 12, 8);
    bar->setSpacing(8);
    bar->addWidget(new QLabel(tr("Compared with")));
    bar->addWidget(with_);
    bar->addStretch();
    bar->addWidget(restore_);
    auto* right = new QWidget;
    auto* column = new QVBoxLayout(right);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(bar);
    column->addWidget(note_);
    column->addWidget(diff_, 1);
    auto* parts = new QSplitter;
    parts->setHandleWidth(1);
    parts->setChildrenCollapsible(false);
    parts->addWidget(list_);
    parts->addWidget(right);
    constexpr int kListPart = 340;
    constexpr int kDiffPart = 660;
    parts->setSizes({kListPart, kDiffPart});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(parts);
    connect(list_, &QTreeWidget::currentItemChanged, this, &VersionsView::readTexts);
    connect(with_, &QComboBox::currentIndexChanged, this, &VersionsView::readTexts);
    connect(restore_, &QPushButton::clicked, this, [this] {
        if (const auto found = texts_.find(chosen()); found != texts_.end()) {
            source_.take(found->second);
        }
    });
    connect(&draft, &app::DocumentDraft::changed, this, [this] {
        if (isVisible() && with_->currentData().toInt() == kDraft) {
            showDiff();
        }
    });
}

void VersionsView::refresh() {
    if (isVisible()) {
        readVersions();
    }
}

void VersionsView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    readVersions();
}

void VersionsView::readVersions() {
    const VersionSource::Read read = source_.reader();
    if (!read) {
        note_->setNote(tr("There are versions once it is saved."));
        restore_->setEnabled(false);
        return;
    }
    reading_.start([read](const app::TaskControl&) { return read(0); },
                   [this](const Result<TextVersions>& versions) {
                       if (!versions) {
                           note_->setNote(QString::fromStdString(versions.error().describe()), NoteLabel::Tone::kError);
                           return;
                       }
                       note_->setNote({});
                       texts_[versions->version] = versions->text;
                       const QSignalBlocker blocker(list_);
                       list_->clear();
                       for (const TextVersion& one : versions->all) {
                           auto* item =
                               new QTreeWidgetItem(list_, {QString::number(one.version), app::jobTimeText(one.at_ms),
                                                           QString::fromStdString(one.author)});
                           item->setData(0, Qt::UserRole, qlonglong{one.version});
                       }
                       list_->setCurrentItem(list_->topLevelItem(0));
                       readTexts();
                   });
}

std::int64_t VersionsView::chosen() const {
    const QTreeWidgetItem* item = list_->currentItem();
    return item == nullptr ? 0 : item->data(0, Qt::UserRole).toLongLong();
}

std::int64_t VersionsView::compared() const {
    if (with_->currentData().toInt() == kDraft) {
        return 0;
    }
    const QTreeWidgetItem* below = list_->itemBelow(list_->currentItem());
    return below == nullptr ? 0 : below->data(0, Qt::UserRole).toLongLong();
}

void VersionsView::readTexts() {
    std::vector<std::int64_t> missing;
    for (const std::int64_t version : {chosen(), compared()}) {
        if (version != 0 && !texts_.contains(version)) {
            missing.push_back(version);
        }
    }
    const VersionSource::Read read = source_.reader();
    if (missing.empty() || !read) {
        showDiff();
        return;
    }
    using Texts = std::vector<std::pair<std::int64_t, std::string>>;
    reading_.start(
        [read, missing](const app::TaskControl&) -> Result<Texts> {
            Texts texts;
            for (const std::int64_t version : missing) {
                texts.emplace_back(version, TSR_TRY(read(version)).text);
            }
            return texts;
        },
        [this](const Result<Texts>& texts) {
            if (!texts) {
                note_->setNote(QString::fromStdString(texts.error().describe()), NoteLabel::Tone::kError);
                return;
            }
            texts_.insert(texts->begin(), texts->end());
            showDiff();
        });
}

void VersionsView::showDiff() {
    const auto found = texts_.find(chosen());
    restore_->setEnabled(found != texts_.end() && found->second != source_.draft());
    if (found == texts_.end()) {
        diff_->setDiff({}, {});
        return;
    }
    const bool is_with_draft = with_->currentData().toInt() == kDraft;
    const std::string diff =
        is_with_draft ? source_.diff(found->second, source_.draft()) : source_.diff(texts_[compared()], found->second);
    diff_->setDiff(QString::fromStdString(diff), tr("There is no difference."));
}

}  // namespace tessera::workbench

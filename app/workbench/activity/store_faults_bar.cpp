// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/activity/store_faults_bar.h"

#include "app/workbench/ui/note_label.h"

#include <QHBoxLayout>
#include <QMessageBox>
#include <QPushButton>
#include <cstdint>
#include <utility>

namespace tessera::workbench {

namespace {

QString textOf(const client::StoreFaults& faults) {
    QStringList parts;
    if (faults.is_paused) {
        parts += StoreFaultsBar::tr("stands still");
    }
    if (faults.is_isolated) {
        parts += StoreFaultsBar::tr("isolated");
    }
    for (const std::uint64_t id : faults.cut) {
        parts += StoreFaultsBar::tr("cut from member %1").arg(id);
    }
    if (faults.lost_percent > 0) {
        parts += StoreFaultsBar::tr("loses %1 % of the messages").arg(faults.lost_percent);
    }
    if (faults.delay.count() > 0) {
        parts += StoreFaultsBar::tr("%1 ms late").arg(faults.delay.count());
    }
    return parts.join(QStringLiteral(", "));
}

}  // namespace

StoreFaultsBar::StoreFaultsBar(QWidget* parent)
    : QWidget(parent),
      faults_(client::StoreFaultsClient::create),
      note_(new NoteLabel(QStringLiteral("faultsNote"))),
      isolate_(new QPushButton(tr("Isolate…"))),
      pause_(new QPushButton(tr("Let it stand still…"))),
      elect_(new QPushButton(tr("Force an election…"))),
      heal_(new QPushButton(tr("Heal all"))) {
    setObjectName(QStringLiteral("storeFaults"));
    isolate_->setObjectName(QStringLiteral("isolateMember"));
    pause_->setObjectName(QStringLiteral("pauseMember"));
    elect_->setObjectName(QStringLiteral("electMember"));
    heal_->setObjectName(QStringLiteral("healMembers"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(8);
    layout->addWidget(note_, 1);
    for (QPushButton* button : {isolate_, pause_, elect_, heal_}) {
        button->setProperty("secondary", true);
        layout->addWidget(button);
    }
    connect(isolate_, &QPushButton::clicked, this, [this] {
        client::StoreFaults faults;
        faults.is_isolated = true;
        disturb("isolateBox", tr("“%1” neither hears the other members nor is heard, until it is healed."),
                tr("Isolate"), faults);
    });
    connect(pause_, &QPushButton::clicked, this, [this] {
        client::StoreFaults faults;
        faults.is_paused = true;
        disturb("pauseBox", tr("“%1” answers nobody, as a process that was stopped, until it is healed."),
                tr("Let it stand still"), faults);
    });
    connect(elect_, &QPushButton::clicked, this, &StoreFaultsBar::elect);
    connect(heal_, &QPushButton::clicked, this, &StoreFaultsBar::healAll);
    connect(&faults_, &app::StoreFaults::changed, this, [this] {
        error_.clear();
        showState();
    });
    connect(&faults_, &app::StoreFaults::failed, this, &StoreFaultsBar::showError);
    showState();
}

void StoreFaultsBar::setNode(const QString& node) {
    node_ = node;
    showState();
}

void StoreFaultsBar::showState() {
    const auto& nodes = faults_.nodes();
    setVisible(!nodes.empty());
    const bool is_chosen = nodes.contains(node_.toStdString());
    for (QPushButton* button : {isolate_, pause_, elect_}) {
        button->setEnabled(is_chosen);
        button->setToolTip(is_chosen ? QString() : tr("Choose a member of the test cluster"));
    }
    QStringList lines;
    for (const auto& [node, faults] : nodes) {
        if (faults != client::StoreFaults{}) {
            lines += QStringLiteral("%1: %2").arg(QString::fromStdString(node), textOf(faults));
        }
    }
    heal_->setEnabled(!lines.isEmpty());
    using Tone = NoteLabel::Tone;
    note_->setNote(!error_.isEmpty() ? error_
                   : lines.isEmpty() ? tr("A test cluster: its members can be disturbed on purpose.")
                                     : lines.join(QStringLiteral(" · ")),
                   !error_.isEmpty() ? Tone::kError
                   : lines.isEmpty() ? Tone::kMuted
                                     : Tone::kText);
}

void StoreFaultsBar::showError(const QString& /*node*/, const Error& error) {
    error_ = QString::fromStdString(error.message);
    showState();
}

void StoreFaultsBar::disturb(const char* box_name, const QString& question, const QString& verb,
                             const client::StoreFaults& faults) {
    confirm(box_name, question.arg(node_), verb,
            [this, node = node_.toStdString(), faults] { faults_.set(node, faults); });
}

void StoreFaultsBar::elect() {
    confirm("electBox",
            tr("If “%1” leads, another member stands for election at once; if not, and it hears no leader, it does.")
                .arg(node_),
            tr("Force an election"), [this, node = node_.toStdString()] { faults_.elect(node); });
}

/// Nobody is asked: it makes nothing worse.
void StoreFaultsBar::healAll() {
    const auto nodes = faults_.nodes();
    for (const auto& [node, faults] : nodes) {
        if (faults != client::StoreFaults{}) {
            faults_.set(node, {});
        }
    }
}

void StoreFaultsBar::confirm(const char* box_name, const QString& question, const QString& verb,
                             std::function<void()> work) {
    auto* box =
        new QMessageBox(QMessageBox::NoIcon, tr("Disturb a member on purpose"), question, QMessageBox::NoButton, this);
    box->setObjectName(QLatin1String(box_name));
    box->setAttribute(Qt::WA_DeleteOnClose);
    const QPushButton* sure = box->addButton(verb, QMessageBox::DestructiveRole);
    box->setDefaultButton(box->addButton(QMessageBox::Cancel));
    connect(box, &QMessageBox::buttonClicked, this, [sure, work = std::move(work)](const QAbstractButton* button) {
        if (button == sure) {
            work();
        }
    });
    box->open();
}

}  // namespace tessera::workbench

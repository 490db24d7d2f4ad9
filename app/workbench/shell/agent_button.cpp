// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/shell/agent_button.h"

#include "app/core/mesh/agent_words.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"
#include "nodeservice/client/port_texts.h"

#include <QAction>
#include <QClipboard>
#include <QDateTime>
#include <QEvent>
#include <QGuiApplication>
#include <QLocale>
#include <QMenu>
#include <utility>

namespace tessera::workbench {

namespace {

QString shown(const std::string& bytes) {
    return QString::fromStdString(bytes);
}

QString nameOf(const client::AgentProfile& profile) {
    return shown(profile.person.empty() ? profile.subject : profile.person);
}

}  // namespace

AgentButton::AgentButton(app::AgentConnector connector, app::NoticeSource notices, QList<QAction*> actions,
                         QWidget* parent)
    : QToolButton(parent),
      watch_(std::move(connector), this),
      notices_(std::move(notices), this),
      actions_(std::move(actions)),
      menu_(new QMenu(this)) {
    setObjectName(QStringLiteral("agentButton"));
    setAccessibleName(tr("Sign-in"));
    setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    setPopupMode(QToolButton::InstantPopup);
    setAutoRaise(true);
    menu_->setObjectName(QStringLiteral("agentMenu"));
    menu_->setToolTipsVisible(true);
    setMenu(menu_);
    hide();
    connect(menu_, &QMenu::aboutToShow, this, [this] {
        fillMenu();
        watch_.refresh();
    });
    connect(&watch_, &app::AgentWatch::changed, this, [this] { showNews(watch_.news()); });
    connect(&watch_, &app::AgentWatch::failed, this, &AgentButton::told);
    connect(&watch_, &app::AgentWatch::portShown, this, &AgentButton::copyPort);
    connect(&notices_, &app::NoticeWatch::came, this,
            [this](const client::AgentNotice& notice) { Q_EMIT told(wordsOf(notice)); });
    connect(&notices_, &app::NoticeWatch::opened, this,
            [this](const client::AgentNotice& notice) { Q_EMIT runRequested(shown(notice.job), notice.run); });
}

void AgentButton::setMesh(const QString& name) {
    mesh_ = name;
    showNews(watch_.news());
    watch_.refresh();
}

void AgentButton::changeEvent(QEvent* event) {
    QToolButton::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) {
        showNews(watch_.news());
    }
}

void AgentButton::showNews(const app::AgentNews& news) {
    const Theme& theme = currentTheme();
    const client::AgentProfile* profile = news.profileOf(mesh_.toStdString());
    was_there_ = was_there_ || profile != nullptr;
    setVisible(was_there_);
    if (profile == nullptr) {
        setText(tr("No agent"));
        setIcon(workbench::icon("user", theme.error));
        setToolTip(tr("The agent that signed you in has ended: sign in again"));
        return;
    }
    const QString name = shown(profile->name);
    if (!profile->is_signed_in) {
        setText(tr("%1: signed out").arg(name));
        setIcon(workbench::icon("user", theme.warning));
        setToolTip(profile->note.empty() ? tr("Sign in to ask the nodes of %1").arg(name)
                                         : app::agentWords(profile->note));
    } else {
        setText(name);
        setIcon(workbench::icon("user", profile->note.empty() ? theme.success : theme.warning));
        setToolTip(profile->note.empty() ? tr("The agent signs you in to %1 as %2").arg(name, nameOf(*profile))
                                         : app::agentWords(profile->note));
    }
}

void AgentButton::addLine(const QString& text) {
    menu_->addAction(text)->setEnabled(false);
}

void AgentButton::fillMenu() {
    menu_->clear();
    qDeleteAll(menu_->findChildren<QMenu*>(Qt::FindDirectChildrenOnly));
    const app::AgentNews& news = watch_.news();
    const client::AgentProfile* profile = news.profileOf(mesh_.toStdString());
    if (profile == nullptr) {
        addLine(tr("The agent does not run"));
    } else if (!profile->is_signed_in) {
        addLine(tr("Signed out of %1").arg(shown(profile->name)));
    } else {
        addLine(tr("Signed in to %1 as %2").arg(shown(profile->name), nameOf(*profile)));
        if (profile->access_until > 0) {
            const QDateTime until = QDateTime::fromSecsSinceEpoch(profile->access_until);
            addLine(
                tr("Access until %1, renewed by itself").arg(QLocale().toString(until.time(), QLocale::ShortFormat)));
        }
    }
    if (profile != nullptr) {
        if (!profile->note.empty()) {
            addLine(app::agentWords(profile->note));
        }
        if (!news.status->is_persistent) {
            addLine(tr("No keychain: the sign-in ends with the agent"));
        }
    }
    if (profile != nullptr && profile->is_signed_in && !profile->nodes.empty()) {
        menu_->addSeparator();
        for (const auto& [node, address] : profile->nodes) {
            addPortMenu(*profile, node);
        }
    }
    addNoticeMenu();
    menu_->addSeparator();
    menu_->addActions(actions_);
    if (news.status && !news.status->log_file.empty()) {
        QAction* log = menu_->addAction(tr("The agent's log"));
        log->setObjectName(QStringLiteral("agentLogAction"));
        connect(log, &QAction::triggered, this,
                [this, file = shown(news.status->log_file)] { Q_EMIT logRequested(file); });
    }
}

/// "Job nightly has failed: run 12"
QString AgentButton::wordsOf(const client::AgentNotice& notice) {
    const QString job = shown(notice.job);
    return notice.state == "failed"      ? tr("Job %1 has failed: run %2").arg(job).arg(notice.run)
           : notice.state == "cancelled" ? tr("Job %1 was cancelled: run %2").arg(job).arg(notice.run)
                                         : tr("Job %1 has succeeded: run %2").arg(job).arg(notice.run);
}

void AgentButton::addNoticeMenu() {
    if (notices_.notices().empty()) {
        return;
    }
    menu_->addSeparator();
    QMenu* menu = menu_->addMenu(tr("What jobs have told you"));
    menu->setObjectName(QStringLiteral("noticeMenu"));
    menu->setToolTipsVisible(true);
    for (const client::AgentNotice& notice : notices_.notices()) {
        const QString at = QLocale().toString(QDateTime::fromMSecsSinceEpoch(notice.at_ms), QLocale::ShortFormat);
        QAction* action = menu->addAction(at + QStringLiteral(" · ") + wordsOf(notice));
        action->setToolTip(shown(notice.error));
        connect(action, &QAction::triggered, this,
                [this, job = shown(notice.job), run = notice.run] { Q_EMIT runRequested(job, run); });
    }
}

void AgentButton::addPortMenu(const client::AgentProfile& profile, const std::string& node) {
    const client::LocalPort* port = watch_.news().portOf(profile.name, node);
    QMenu* menu = menu_->addMenu(tr("Other programs on %1").arg(shown(node)));
    menu->setObjectName(QStringLiteral("portMenu-") + shown(node));
    if (port == nullptr) {
        QAction* open = menu->addAction(tr("Open a local port"));
        open->setToolTip(tr("An address on this machine for psql, BI tools and drivers, which signs in as you"));
        connect(open, &QAction::triggered, this, [this, name = profile.name, node] {
            wanted_text_.clear();
            watch_.showPort(name, node);
        });
        return;
    }
    menu->addAction(port->error.empty() ? QStringLiteral("127.0.0.1:%1").arg(port->port) : shown(port->error))
        ->setEnabled(false);
    for (const client::PortText& kind : client::portTexts(*port)) {
        connect(menu->addAction(tr("Copy for %1").arg(shown(kind.name))), &QAction::triggered, this,
                [this, name = profile.name, node, wanted = kind.name] {
                    wanted_text_ = wanted;
                    watch_.showPort(name, node);
                });
    }
    menu->addSeparator();
    connect(menu->addAction(tr("Close the local port")), &QAction::triggered, this,
            [this, name = profile.name, node] { watch_.closePort(name, node); });
}

void AgentButton::copyPort(const client::LocalPort& port) {
    for (const client::PortText& kind : client::portTexts(port)) {
        if (kind.name == wanted_text_) {
            QGuiApplication::clipboard()->setText(shown(kind.text));
            Q_EMIT told(tr("Copied for %1").arg(shown(kind.name)));
            return;
        }
    }
    Q_EMIT told(tr("%1 is at 127.0.0.1:%2 for other programs").arg(shown(port.node)).arg(port.port));
}

}  // namespace tessera::workbench

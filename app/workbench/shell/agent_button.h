// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The status bar's entry of the agent: who is signed in, and a menu with what the agent does for them: how long the
/// sign-in is good, what jobs have told, local ports for other programs, its log. Hidden while no agent was ever there.
/// GUI thread.

#include "app/core/mesh/agent_watch.h"
#include "app/core/mesh/notice_watch.h"

#include <QList>
#include <QStringList>
#include <QToolButton>

class QAction;
class QMenu;

namespace tessera::workbench {

class AgentButton : public QToolButton {
    Q_OBJECT

  public:
    /// `actions`: the window's, at the menu's end.
    AgentButton(app::AgentConnector connect, app::NoticeSource notices, QList<QAction*> actions,
                QWidget* parent = nullptr);

    /// The profile of that name is shown, else one that somebody is signed in to.
    void setMesh(const QString& name);

    /// Asks the agent.
    void refresh() { watch_.refresh(); }

  Q_SIGNALS:
    /// For the status bar.
    void told(const QString& message);
    void logRequested(const QString& file);
    void runRequested(const QString& job, qint64 run);

  protected:
    void changeEvent(QEvent* event) override;

  private:
    void showNews(const app::AgentNews& news);
    void fillMenu();
    void addPortMenu(const client::AgentProfile& profile, const std::string& node);
    void copyPort(const client::LocalPort& port);
    static QString wordsOf(const client::AgentNotice& notice);
    void addNoticeMenu();
    /// A line that is only read.
    void addLine(const QString& text);

    app::AgentWatch watch_;
    app::NoticeWatch notices_;
    const QList<QAction*> actions_;
    QString mesh_;
    QMenu* menu_ = nullptr;
    bool was_there_ = false;
    /// Which of portTexts() is copied when the port is shown; empty: none.
    std::string wanted_text_;
};

}  // namespace tessera::workbench

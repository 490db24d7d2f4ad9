// SPDX-License-Identifier: GPL-3.0-or-later
// MainWindow's actions, menus, palette, settings, theme and about box.
#include "app/workbench/catalog/catalog_panel.h"
#include "app/workbench/editor/editor_find_bar.h"
#include "app/workbench/endpoints/endpoint_editor.h"
#include "app/workbench/palette/command_palette.h"
#include "app/workbench/plugin/plugin_tabs.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/result_page.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/settings/settings_dialog.h"
#include "app/workbench/shell/main_window.h"
#include "app/workbench/shell/window_parts.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QMenuBar>
#include <QMessageBox>
#include <QStatusBar>
#include <QTabBar>
#include <QTabWidget>
#include <QToolButton>
#include <QTreeView>
#include <array>

namespace tessera::workbench {

namespace {

QAction* makeAction(MainWindow* window, const char* object_name, const QString& text, const QList<QKeySequence>& keys) {
    auto* action = new QAction(text, window);
    action->setObjectName(QLatin1String(object_name));
    action->setShortcuts(keys);
    // Also while a menu bar is hidden and from any pane of the window.
    window->addAction(action);
    return action;
}

}  // namespace

void MainWindow::buildActions() {
    const auto run_keys = {QKeySequence(Qt::CTRL | Qt::Key_Return), QKeySequence(Qt::CTRL | Qt::Key_Enter)};
    const auto run_all_keys = {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Return),
                               QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Enter)};
    query_actions_.run = makeAction(this, "runAction", tr("Run"), run_keys);
    query_actions_.run->setToolTip(tr("Run the selection, or the statement under the caret"));
    query_actions_.run_all = makeAction(this, "runAllAction", tr("Run all statements"), run_all_keys);
    query_actions_.stop = makeAction(this, "stopAction", tr("Stop"), {QKeySequence(Qt::Key_Escape)});
    query_actions_.stop->setToolTip(tr("Cancel the running statement"));
    stop_all_ = makeAction(this, "stopAllAction", tr("Stop all statements"), {});
    stop_all_->setEnabled(false);
    connect(stop_all_, &QAction::triggered, this, [this] {
        for (QueryTab* tab : queryTabs()) {
            tab->cancel();
        }
    });
    query_actions_.explain =
        makeAction(this, "explainAction", tr("Show the plan"), {QKeySequence(Qt::CTRL | Qt::Key_E)});
    query_actions_.explain_measured = makeAction(this, "explainMeasuredAction", tr("Run and show the measured plan"),
                                                 {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_E)});
    buildTransactionActions();
    buildResultActions();
    new_tab_ = makeAction(this, "newTabAction", tr("New tab"), {QKeySequence(Qt::CTRL | Qt::Key_T)});
    close_tab_ = makeAction(this, "closeTabAction", tr("Close tab"), {QKeySequence(Qt::CTRL | Qt::Key_W)});
    reopen_tab_ =
        makeAction(this, "reopenTabAction", tr("Reopen closed tab"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_T)});
    open_file_ = makeAction(this, "openFileAction", tr("Open a file…"), {QKeySequence(Qt::CTRL | Qt::Key_O)});
    save_file_ = makeAction(this, "saveAction", tr("Save"), {QKeySequence(Qt::CTRL | Qt::Key_S)});
    save_file_as_ = makeAction(this, "saveAsAction", tr("Save as…"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S)});
    keep_query_ = makeAction(this, "keepQueryAction", tr("Keep as a saved query…"),
                             {QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_S)});
    open_mesh_ = makeAction(this, "openMeshAction", tr("Open a mesh file…"), {});
    sign_in_action_ = makeAction(this, "signInAction", tr("Sign in…"), {});
    sign_in_action_->setToolTip(tr("Sign in by your browser, through the agent"));
    sign_out_action_ = makeAction(this, "signOutAction", tr("Sign out"), {});
    quit_ = makeAction(this, "quitAction", tr("Quit"), {QKeySequence(Qt::CTRL | Qt::Key_Q)});
    dark_theme_ = makeAction(this, "darkThemeAction", tr("Dark theme"), {});
    dark_theme_->setCheckable(true);
    quick_open_ = makeAction(this, "quickOpenAction", tr("Go to anything…"), {QKeySequence(Qt::CTRL | Qt::Key_P)});
    all_actions_ =
        makeAction(this, "allActionsAction", tr("All actions…"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P)});
    settings_action_ = makeAction(this, "settingsAction", tr("Settings…"), {QKeySequence(Qt::CTRL | Qt::Key_Comma)});
    mesh_action_ = makeAction(this, "meshAction", tr("Mesh"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_M)});
    mesh_action_->setToolTip(tr("Nodes, their sources and how they are"));
    activity_action_ =
        makeAction(this, "activityAction", tr("Running statements"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_A)});
    activity_action_->setToolTip(tr("What runs on all nodes"));
    jobs_action_ = makeAction(this, "jobsAction", tr("Jobs"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_J)});
    jobs_action_->setToolTip(tr("Scheduled jobs, their runs and logs"));
    endpoints_action_ =
        makeAction(this, "endpointsAction", tr("Endpoints"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_I)});
    endpoints_action_->setToolTip(tr("Queries and models that applications call by name"));
    publish_query_ = makeAction(this, "publishQueryAction", tr("Publish this query…"), {});
    publish_query_->setToolTip(tr("Make the statement under the caret an endpoint, which applications call by name"));
    connect(endpoints_action_, &QAction::triggered, this, &MainWindow::openEndpointsPage);
    connect(publish_query_, &QAction::triggered, this, &MainWindow::publishQuery);
    connect(jobs_action_, &QAction::triggered, this, &MainWindow::openJobsPage);
    connect(mesh_action_, &QAction::triggered, this, [this] { openMeshPage(false); });
    connect(activity_action_, &QAction::triggered, this, [this] { openMeshPage(true); });
    add_source_action_ = makeAction(this, "addSourceAction", tr("Add a source…"), {});
    add_source_action_->setToolTip(tr("A database or files, behind the node of this tab"));
    connect(add_source_action_, &QAction::triggered, this, [this] {
        const QString node = currentTab() != nullptr ? currentTab()->nodeName() : QString();
        addSource(node.isEmpty() && !mesh_->nodes.empty() ? QString::fromStdString(mesh_->nodes.front().name) : node);
    });
    buildFileActions();
    buildEditorActions();
    addPaletteWords();
    connect(query_actions_.run, &QAction::triggered, this, [this] { currentTab()->run(); });
    connect(query_actions_.run_all, &QAction::triggered, this, [this] { currentTab()->runAll(); });
    connect(query_actions_.explain, &QAction::triggered, this, [this] { currentTab()->explain(false); });
    connect(query_actions_.explain_measured, &QAction::triggered, this, [this] { currentTab()->explain(true); });
    connect(query_actions_.stop, &QAction::triggered, this, [this] { currentTab()->cancel(); });
    connect(new_tab_, &QAction::triggered, this, &MainWindow::newTab);
    connect(close_tab_, &QAction::triggered, this, [this] { closeTab(tabs_->currentIndex()); });
    connect(reopen_tab_, &QAction::triggered, this, &MainWindow::reopenTab);
    connect(open_mesh_, &QAction::triggered, this, &MainWindow::chooseMeshFile);
    connect(sign_in_action_, &QAction::triggered, this, &MainWindow::signIn);
    connect(sign_out_action_, &QAction::triggered, this, &MainWindow::signOut);
    connect(quit_, &QAction::triggered, this, &QWidget::close);
    connect(dark_theme_, &QAction::triggered, this, [this](bool is_dark) {
        appearance_.setMode(is_dark ? Appearance::Mode::kDark : Appearance::Mode::kLight);
    });
    connect(quick_open_, &QAction::triggered, this, [this] { palette_->openQuickly(); });
    connect(all_actions_, &QAction::triggered, this, [this] { palette_->openActions(); });
    connect(settings_action_, &QAction::triggered, this, &MainWindow::showSettings);
}

void MainWindow::buildTransactionActions() {
    query_actions_.manual_commit =
        makeAction(this, "manualCommitAction", tr("Manual commit"), {QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_M)});
    query_actions_.manual_commit->setCheckable(true);
    query_actions_.commit =
        makeAction(this, "commitAction", tr("Commit"), {QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_Return)});
    query_actions_.commit->setToolTip(tr("Make what the transaction changed count"));
    query_actions_.roll_back =
        makeAction(this, "rollBackAction", tr("Roll back"), {QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_Backspace)});
    query_actions_.roll_back->setToolTip(tr("Undo what the transaction changed"));
    connect(query_actions_.manual_commit, &QAction::triggered, this, [this](bool is_manual) {
        currentTab()->transaction().setMode(is_manual ? app::Transaction::Mode::kManual
                                                      : app::Transaction::Mode::kAuto);
    });
    connect(query_actions_.commit, &QAction::triggered, this, [this] { currentTab()->transaction().commit(); });
    connect(query_actions_.roll_back, &QAction::triggered, this, [this] { currentTab()->transaction().rollBack(); });
}

void MainWindow::buildResultActions() {
    export_action_ =
        makeAction(this, "exportAction", tr("Export the result…"), {QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_E)});
    export_action_->setToolTip(tr("Write the rows to a file: CSV, Parquet, Excel, JSON, SQL and others"));
    chart_action_ = makeAction(this, "chartAction", tr("Show the result as a chart"),
                               {QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_C)});
    connect(export_action_, &QAction::triggered, this, [this] { currentTab()->results().page().askForExport(); });
    connect(chart_action_, &QAction::triggered, this, [this] { currentTab()->results().page().showChart(true); });
}

/// What people call it, where that is not what it is called here: the palette finds it by these, too.
void MainWindow::addPaletteWords() {
    const std::pair<QAction*, QString> words[] = {
        {query_actions_.explain, tr("explain plan estimate")},
        {query_actions_.explain_measured, tr("explain analyze slow why performance time")},
        {query_actions_.run, tr("execute")},
        {query_actions_.stop, tr("cancel abort")},
        {export_action_, tr("save download csv parquet excel json")},
        {chart_action_, tr("plot graph diagram")},
        {sign_in_action_, tr("log in login connect account")},
        {sign_out_action_, tr("log out logout")},
        {add_source_action_, tr("connect database new")},
        {activity_action_, tr("activity sessions queries processes")},
        {mesh_action_, tr("nodes health")},
        {jobs_action_, tr("schedule cron runs log etl pipeline")},
        {endpoints_action_, tr("api rest models openapi typescript")},
        {publish_query_, tr("api rest endpoint")},
        {settings_action_, tr("preferences options font language theme keys")},
        {new_tab_, tr("query editor")},
        {quick_open_, tr("search find table")},
    };
    for (const auto& [action, text] : words) {
        action->setProperty(CommandPalette::kWords, text);
    }
}

void MainWindow::updateTransactionActions() {
    QueryTab* tab = currentTab();
    const app::Transaction* transaction = tab != nullptr ? &tab->transaction() : nullptr;
    const bool is_open = transaction != nullptr && transaction->isOpen();
    const bool can_end = is_open && !transaction->isEnding() && !tab->session().isRunning();
    query_actions_.manual_commit->setEnabled(tab != nullptr && !is_open);
    query_actions_.manual_commit->setChecked(transaction != nullptr &&
                                             transaction->mode() == app::Transaction::Mode::kManual);
    query_actions_.manual_commit->setToolTip(
        is_open ? tr("Commit or roll back first")
                : tr("Statements of this tab count together, when you commit them; else each by itself"));
    query_actions_.commit->setEnabled(can_end && transaction->state() != app::Transaction::State::kFailed);
    query_actions_.roll_back->setEnabled(can_end);
}

void MainWindow::buildEditorActions() {
    const auto add = [this](const char* object_name, const QString& text, const QKeySequence& key, auto run) {
        QAction* action = makeAction(this, object_name, text, {key});
        connect(action, &QAction::triggered, this, [this, run] {
            if (currentTab() != nullptr) {
                run(*currentTab());
            }
        });
        // Keys of the editor while it has the focus: results have others for some of them.
        removeAction(action);
        action->setShortcutContext(Qt::WidgetShortcut);
        editor_actions_ += action;
    };
    const auto assist = [this](const char* object_name, const QString& text, const QKeySequence& key,
                               void (SqlAssistant::*ask)()) {
        QAction* action = makeAction(this, object_name, text, {key});
        connect(action, &QAction::triggered, this, [this, ask] {
            const auto* endpoint = qobject_cast<const EndpointEditor*>(tabs_->currentWidget());
            SqlAssistant* assistant = currentTab() != nullptr ? &currentTab()->assistant()
                                      : endpoint != nullptr   ? endpoint->assistant()
                                                              : nullptr;
            if (assistant != nullptr) {
                (assistant->*ask)();
            }
        });
        removeAction(action);
        action->setShortcutContext(Qt::WidgetShortcut);
        editor_actions_ += action;
    };
    assist("completeAction", tr("Propose names"), QKeySequence(Qt::CTRL | Qt::Key_Space), &SqlAssistant::complete);
    assist("signatureAction", tr("Show the function's arguments"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Space),
           &SqlAssistant::showSignature);
    assist("definitionAction", tr("Go to the definition"), QKeySequence(Qt::Key_F12), &SqlAssistant::goToDefinition);
    add("commentAction", tr("Comment lines in or out"), QKeySequence(Qt::CTRL | Qt::Key_Slash),
        [](QueryTab& tab) { tab.editor().toggleComment(); });
    add("formatAction", tr("Format"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_F),
        [](QueryTab& tab) { tab.format(); });
    add("findAction", tr("Find and replace"), QKeySequence(Qt::CTRL | Qt::Key_F),
        [](QueryTab& tab) { tab.findBar().open(); });
    add("nextProblemAction", tr("Go to the next problem"), QKeySequence(Qt::Key_F8),
        [](QueryTab& tab) { tab.editor().goToNextProblem(); });
}

void MainWindow::buildMenus() {
    QMenu* file = menuBar()->addMenu(tr("&File"));
    file->addActions({new_tab_, close_tab_, reopen_tab_});
    file->addSeparator();
    file->addAction(open_file_);
    recent_menu_ = file->addMenu(tr("Recent files"));
    recent_menu_->setObjectName(QStringLiteral("recentMenu"));
    connect(recent_menu_, &QMenu::aboutToShow, this, &MainWindow::fillRecentMenu);
    file->addActions({save_file_, save_file_as_, keep_query_});
    file->addSeparator();
    file->addActions({open_mesh_, sign_in_action_, sign_out_action_, add_source_action_});
    file->addSeparator();
    file->addActions({settings_action_, quit_});
    QMenu* query = menuBar()->addMenu(tr("&Query"));
    query->addActions({query_actions_.run, query_actions_.run_all, query_actions_.stop, stop_all_});
    query->addSeparator();
    query->addActions({query_actions_.explain, query_actions_.explain_measured});
    query->addSeparator();
    query->addActions({query_actions_.manual_commit, query_actions_.commit, query_actions_.roll_back});
    query->addSeparator();
    query->addActions({chart_action_, export_action_});
    query->addSeparator();
    query->addAction(publish_query_);
    QMenu* edit = menuBar()->addMenu(tr("&Edit"));
    edit->addActions(editor_actions_);
    buildViewMenu();
    QMenu* help = menuBar()->addMenu(tr("&Help"));
    help->addAction(all_actions_);
    help->addSeparator();
    help->addAction(tr("About Tessera"), this, &MainWindow::showAbout)->setObjectName(QStringLiteral("aboutAction"));

    auto* add = new QToolButton;
    add->setObjectName(QStringLiteral("newTabButton"));
    add->setDefaultAction(new_tab_);
    add->setToolButtonStyle(Qt::ToolButtonIconOnly);
    add->setAutoRaise(true);
    tabs_->setCornerWidget(add, Qt::TopRightCorner);
}

void MainWindow::addPanelPlaces(QMenu& view) {
    struct Place {
        Qt::DockWidgetArea area;
        QString text;
        const char* name;
    };

    const std::array<Place, 3> places{{{Qt::LeftDockWidgetArea, tr("%1 at the left"), "Left"},
                                       {Qt::RightDockWidgetArea, tr("%1 at the right"), "Right"},
                                       {Qt::BottomDockWidgetArea, tr("%1 below"), "Below"}}};
    QMenu* menu = view.addMenu(tr("Places of the panels"));
    menu->setObjectName(QStringLiteral("panelPlacesMenu"));
    for (QDockWidget* dock : {catalog_dock_, queries_dock_, history_dock_}) {
        menu->addSeparator();
        letFloat(dock);
        for (const Place& place : places) {
            QAction* action = menu->addAction(place.text.arg(dock->windowTitle()));
            action->setObjectName(dock->objectName() + QLatin1String(place.name));
            connect(action, &QAction::triggered, this, [this, dock, area = place.area] {
                dock->setFloating(false);
                addDockWidget(area, dock);
                dock->show();
                layout_timer_.start();
            });
        }
        QAction* action = menu->addAction(tr("%1 in a window of its own").arg(dock->windowTitle()));
        action->setObjectName(dock->objectName() + QStringLiteral("Floating"));
        connect(action, &QAction::triggered, this, [dock] {
            dock->setFloating(true);
            dock->show();
            dock->activateWindow();
        });
    }
}

/// In a window of its own a panel has a title bar, by which it is moved, and docked again by a double click. Docked it
/// has none: the room is the panel's.
void MainWindow::letFloat(QDockWidget* dock) {
    dock->setFeatures(QDockWidget::DockWidgetClosable | QDockWidget::DockWidgetFloatable |
                      QDockWidget::DockWidgetMovable);
    connect(dock, &QDockWidget::topLevelChanged, this, [this, dock, none = dock->titleBarWidget()](bool is_floating) {
        dock->setTitleBarWidget(is_floating ? nullptr : none);
        layout_timer_.start();
    });
}

void MainWindow::buildViewMenu() {
    QMenu* view = menuBar()->addMenu(tr("&View"));
    view->setObjectName(QStringLiteral("viewMenu"));
    view->addActions({quick_open_, all_actions_});
    view->addSeparator();
    QAction* catalog = catalog_dock_->toggleViewAction();
    catalog->setObjectName(QStringLiteral("catalogAction"));
    catalog->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_B));
    QAction* history = history_dock_->toggleViewAction();
    history->setObjectName(QStringLiteral("historyAction"));
    history->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_H));
    QAction* queries = queries_dock_->toggleViewAction();
    queries->setObjectName(QStringLiteral("queriesAction"));
    queries->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Q));
    view->addActions({catalog, queries, history});
    // Who opens a panel by its key wants to be in it, and who closes it back where they write.
    for (QDockWidget* dock : {catalog_dock_, queries_dock_, history_dock_}) {
        connect(dock->toggleViewAction(), &QAction::triggered, this, [this, dock](bool is_shown) {
            if (QWidget* target = is_shown ? dock->widget() : tabs_->currentWidget()) {
                enterPage(*target);
            }
        });
    }
    addPanelPlaces(*view);
    view->addAction(dark_theme_);
    view->addSeparator();
    view->addActions({mesh_action_, activity_action_, jobs_action_, endpoints_action_});
    plugin_tabs_ = std::make_unique<PluginTabs>(
        *view,
        PluginTabs::Window{options_.profile_directory,
                           [this] { return currentTab() != nullptr ? currentTab()->editor().text() : QString(); },
                           [this](const QString& sql) {
                               openQuery(currentTab() != nullptr ? currentTab()->nodeName() : QString(), sql);
                           },
                           [this](QWidget* panel, const QString& title) { addPage(panel, title, title); },
                           [this](const QString& problem) { statusBar()->showMessage(problem); }});
    view->addSeparator();
    const auto focus = [&](const char* object_name, const QString& text, Qt::Key digit, auto target) {
        QAction* action = makeAction(this, object_name, text, {QKeySequence(Qt::CTRL | digit)});
        connect(action, &QAction::triggered, this, [target] {
            if (QWidget* widget = target()) {
                widget->setFocus(Qt::ShortcutFocusReason);
            }
        });
        view->addAction(action);
    };
    focus("focusCatalogAction", tr("Go to the catalog"), Qt::Key_0, [this]() -> QWidget* { return &catalog_->tree(); });
    focus("focusEditorAction", tr("Go to the editor"), Qt::Key_1,
          [this]() -> QWidget* { return currentTab() != nullptr ? &currentTab()->editor() : nullptr; });
    focus("focusResultsAction", tr("Go to the results"), Qt::Key_2,
          [this]() -> QWidget* { return currentTab() != nullptr ? &currentTab()->results().grid() : nullptr; });
    const auto part = [&](const char* object_name, const QString& text, const QKeySequence& key, PartDirection to) {
        QAction* action = makeAction(this, object_name, text, {key});
        connect(action, &QAction::triggered, this, [this, to] { goToPart(*this, to); });
        view->addAction(action);
    };
    const auto tab = [&](const char* object_name, const QString& text, const QList<QKeySequence>& keys, int step) {
        QAction* action = makeAction(this, object_name, text, keys);
        connect(action, &QAction::triggered, this, [this, step] {
            if (tabs_->count() > 0) {
                tabs_->setCurrentIndex((tabs_->currentIndex() + tabs_->count() + step) % tabs_->count());
                enterPage(*tabs_->currentWidget());
            }
        });
        view->addAction(action);
    };
    tab("nextTabAction", tr("Next tab"), {Qt::CTRL | Qt::Key_PageDown, Qt::CTRL | Qt::Key_Tab}, 1);
    tab("previousTabAction", tr("Previous tab"), {Qt::CTRL | Qt::Key_PageUp, Qt::CTRL | Qt::SHIFT | Qt::Key_Backtab},
        -1);
    part("nextPartAction", tr("Go to the next part of the window"), QKeySequence(Qt::Key_F6), PartDirection::kNext);
    part("previousPartAction", tr("Go to the part before"), QKeySequence(Qt::SHIFT | Qt::Key_F6),
         PartDirection::kPrevious);
}

void MainWindow::buildPalette() {
    palette_ = new CommandPalette(this, names_,
                                  {[this] { return shortcuts_.actions(); },
                                   [this] {
                                       QStringList titles;
                                       for (int i = 0; i < tabs_->count(); ++i) {
                                           titles += tabs_->tabText(i);
                                       }
                                       return titles;
                                   },
                                   [this] { return documents(); }});
    connect(palette_, &CommandPalette::tabChosen, this, [this](int tab) {
        tabs_->setCurrentIndex(tab);
        enterPage(*tabs_->currentWidget());
    });
    connect(palette_, &CommandPalette::objectChosen, this, &MainWindow::showObject);
    connect(palette_, &CommandPalette::rowsRequested, this, &MainWindow::showRowsOf);
}

/// Every action with a name: what the palette offers and the settings list.
void MainWindow::registerShortcuts() {
    for (QAction* action : findChildren<QAction*>()) {
        const bool is_ours = action->parent() == this || action->parent() == catalog_dock_ ||
                             action->parent() == history_dock_ || action->parent() == queries_dock_ ||
                             action->objectName() == QLatin1String("aboutAction");
        if (is_ours && !action->objectName().isEmpty()) {
            shortcuts_.add(action);
        }
    }
}

void MainWindow::showObject(const app::FoundName& object) {
    if (object.table.empty()) {
        // A function stands nowhere in the tree: it is put where one writes.
        if (currentTab() == nullptr) {
            newTab();
        }
        currentTab()->editor().insert(QString::fromStdString(object.name) + QStringLiteral("()"));
        currentTab()->setFocus();
        return;
    }
    openObject({QString::fromStdString(object.node), QString::fromStdString(object.schema),
                QString::fromStdString(object.table)});
}

void MainWindow::showRowsOf(const app::FoundName& object) {
    if (object.table.empty()) {
        showObject(object);
        return;
    }
    const QString node = QString::fromStdString(object.node);
    openQuery(node,
              selectStatement({node, QString::fromStdString(object.schema), QString::fromStdString(object.table)}));
}

void MainWindow::showSettings() {
    auto* dialog = new SettingsDialog({appearance_, shortcuts_, editor_settings_, library_}, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &SettingsDialog::restartRequested, this, &MainWindow::restart);
    dialog->open();
}

void MainWindow::restart() {
    if (close()) {
        QApplication::exit(kRestartCode);
    }
}

void MainWindow::onThemeChanged() {
    dark_theme_->setChecked(appearance_.isDark());
    updateIcons();
}

void MainWindow::updateIcons() {
    const Theme& theme = currentTheme();
    query_actions_.run->setIcon(icon("run", theme.accent));
    query_actions_.stop->setIcon(icon("stop", theme.error));
    new_tab_->setIcon(icon("add"));
    close_tab_->setIcon(icon("close"));
    for (QToolButton* button : tabs_->tabBar()->findChildren<QToolButton*>(QStringLiteral("closeTabButton"))) {
        button->setIcon(icon("close", theme.muted_text));
    }
    markTransactions();
    setWindowIcon(icon("tessera", theme.accent));
}

void MainWindow::showAbout() {
    auto* box = new QMessageBox(
        QMessageBox::NoIcon, tr("About Tessera"),
        tr("<h3>Tessera %1</h3><p>Query every database of an organisation as one, as yourself.</p>"
           "<p>The workbench is free software under the GNU General Public License, version 3 or later; "
           "the rest of Tessera is under the Apache License 2.0.</p>")
            .arg(QApplication::applicationVersion()),
        QMessageBox::Close, this);
    box->setObjectName(QStringLiteral("aboutBox"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->open();
}

}  // namespace tessera::workbench

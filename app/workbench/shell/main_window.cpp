// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/shell/main_window.h"

#include "app/workbench/activity/mesh_page.h"
#include "app/workbench/catalog/catalog_panel.h"
#include "app/workbench/catalog/object_page.h"
#include "app/workbench/documents/document_page.h"
#include "app/workbench/editor/file_link.h"
#include "app/workbench/endpoints/endpoints_page.h"
#include "app/workbench/history/history_panel.h"
#include "app/workbench/jobs/jobs_page.h"
#include "app/workbench/palette/command_palette.h"
#include "app/workbench/plugin/plugin_registry.h"
#include "app/workbench/plugin/plugin_tabs.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/shell/agent_button.h"
#include "app/workbench/shell/onboarding_page.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/style_sheet_pause.h"
#include "app/workbench/ui/theme.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDesktopServices>
#include <QDockWidget>
#include <QFileDialog>
#include <QLabel>
#include <QMenu>
#include <QMessageBox>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTabBar>
#include <QTabWidget>
#include <QThreadPool>
#include <QToolButton>
#include <QUrl>
#include <algorithm>
#include <set>

namespace tessera::workbench {

namespace {

constexpr auto kGeometryKey = "window/geometry";
constexpr auto kStateKey = "window/state";

QString key(const char* name) {
    return QLatin1String(name);
}

}  // namespace

MainWindow::MainWindow(WorkbenchOptions options)
    : options_(std::move(options)),
      settings_(settingsFile(options_.profile_directory), QSettings::IniFormat),
      appearance_(settings_),
      shortcuts_(settings_),
      editor_settings_(settings_),
      history_(options_.profile_directory + QStringLiteral("/history.sqlite")),
      library_(options_.profile_directory + QStringLiteral("/library.sqlite")),
      owner_thread_(this) {
    const StyleSheetPause pause(this);
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(tr("Tessera"));
    buildActions();
    buildCentre();
    buildCatalog();
    buildHistory();
    buildLibrary();
    buildStatusBar();
    buildMenus();
    buildPalette();
    registerShortcuts();
    onThemeChanged();
    connect(&appearance_, &Appearance::themeChanged, this, &MainWindow::onThemeChanged);
    restoreWindow();
    restoreDrafts();
    loadMesh();
    openFiles(options_.files);
}

MainWindow::~MainWindow() {
    // Tabs tell of their changes until they are gone; the window hears no more of it.
    for (int i = 0; i < tabs_->count(); ++i) {
        tabs_->widget(i)->disconnect(this);
    }
    tabs_->disconnect(this);
    plugin_tabs_.reset();
}

void MainWindow::buildCentre() {
    centre_ = new QStackedWidget(this);
    centre_->setObjectName(QStringLiteral("centre"));
    onboarding_ = new OnboardingPage;
    tabs_ = new QTabWidget;
    tabs_->setObjectName(QStringLiteral("queryTabs"));
    tabs_->setMovable(true);
    centre_->addWidget(tabs_);
    centre_->addWidget(onboarding_);
    setCentralWidget(centre_);
    connect(onboarding_, &OnboardingPage::retryRequested, this, &MainWindow::loadMesh);
    connect(onboarding_, &OnboardingPage::openRequested, this, &MainWindow::chooseMeshFile);
    connect(onboarding_, &OnboardingPage::recentChosen, this, &MainWindow::openMeshFile);
    connect(onboarding_, &OnboardingPage::signInRequested, this, &MainWindow::signIn);
    connect(onboarding_, &OnboardingPage::signInCancelled, this, [this] {
        sign_in_.reset();
        statusBar()->clearMessage();
        onboarding_->setStep(OnboardingPage::Step::kNone);
    });
    connect(tabs_, &QTabWidget::currentChanged, this, &MainWindow::updateState);
    connect(tabs_, &QTabWidget::currentChanged, this, &MainWindow::touchJournal);
    setAcceptDrops(true);
}

void MainWindow::buildCatalog() {
    catalog_ = new CatalogPanel(names_);
    catalog_dock_ = new QDockWidget(tr("Catalog"), this);
    catalog_dock_->setObjectName(QStringLiteral("catalogDock"));
    catalog_dock_->setFeatures(QDockWidget::DockWidgetClosable);
    // The title bar's room is better spent on the tree; the View menu closes and opens it.
    catalog_dock_->setTitleBarWidget(new QWidget(catalog_dock_));
    catalog_dock_->setWidget(catalog_);
    addDockWidget(Qt::LeftDockWidgetArea, catalog_dock_);
    connect(&catalog_->model(), &app::CatalogModel::waitingChanged, &names_, &app::MeshNames::setPaused);
    connect(catalog_, &CatalogPanel::queryRequested, this, &MainWindow::openQuery);
    connect(catalog_, &CatalogPanel::nameChosen, this, &MainWindow::insertName);
    connect(catalog_, &CatalogPanel::detailsRequested, this, &MainWindow::openObject);
    connect(catalog_, &CatalogPanel::foundChosen, this, &MainWindow::showObject);
    connect(catalog_, &CatalogPanel::diagramRequested, this, &MainWindow::openDiagram);
    connect(catalog_, &CatalogPanel::addSourceRequested, this, &MainWindow::addSource);
}

void MainWindow::buildHistory() {
    auto* panel = new HistoryPanel(history_);
    history_dock_ = new QDockWidget(tr("History"), this);
    history_dock_->setObjectName(QStringLiteral("historyDock"));
    history_dock_->setFeatures(QDockWidget::DockWidgetClosable);
    history_dock_->setTitleBarWidget(new QWidget(history_dock_));
    history_dock_->setWidget(panel);
    addDockWidget(Qt::RightDockWidgetArea, history_dock_);
    history_dock_->hide();
    connect(panel, &HistoryPanel::openRequested, this, &MainWindow::openQuery);
    connect(&history_, &app::History::failed, this,
            [this](const QString& reason) { statusBar()->showMessage(reason); });
}

void MainWindow::buildStatusBar() {
    identity_label_ = new QLabel;
    identity_label_->setObjectName(QStringLiteral("identityLabel"));
    identity_label_->setContentsMargins(8, 2, 8, 2);
    node_label_ = new QLabel;
    node_label_->setObjectName(QStringLiteral("nodeLabel"));
    node_label_->setContentsMargins(8, 2, 8, 2);
    summary_label_ = new QLabel;
    summary_label_->setObjectName(QStringLiteral("summaryLabel"));
    summary_label_->setContentsMargins(8, 2, 12, 2);
    running_button_ = new QToolButton;
    running_button_->setObjectName(QStringLiteral("runningButton"));
    running_button_->setPopupMode(QToolButton::InstantPopup);
    running_button_->setMenu(new QMenu(running_button_));
    connect(running_button_->menu(), &QMenu::aboutToShow, this, &MainWindow::fillRunningMenu);
    running_button_->hide();
    statusBar()->setSizeGripEnabled(false);
    statusBar()->addWidget(identity_label_);
    statusBar()->addWidget(node_label_);
    agent_button_ = new AgentButton(options_.agent, options_.notices, {sign_in_action_, sign_out_action_});
    connect(agent_button_, &AgentButton::told, this,
            [this](const QString& message) { statusBar()->showMessage(message); });
    connect(agent_button_, &AgentButton::logRequested, this, &MainWindow::openFile);
    connect(agent_button_, &AgentButton::runRequested, this, &MainWindow::openRun);
    statusBar()->addPermanentWidget(running_button_);
    statusBar()->addPermanentWidget(summary_label_);
    statusBar()->addPermanentWidget(agent_button_);
}

void MainWindow::restoreWindow() {
    constexpr QSize kSize(1280, 800);
    resize(kSize);
    restoreGeometry(settings_.value(key(kGeometryKey)).toByteArray());
    if (!restoreState(settings_.value(key(kStateKey)).toByteArray())) {
        resizeDocks({catalog_dock_}, {kCatalogWidth}, Qt::Horizontal);
    }
    constexpr int kDelay_ms = 1000;
    layout_timer_.setSingleShot(true);
    layout_timer_.setInterval(kDelay_ms);
    connect(&layout_timer_, &QTimer::timeout, this, &MainWindow::saveLayout);
    for (const QDockWidget* dock : {catalog_dock_, history_dock_, queries_dock_}) {
        connect(dock, &QDockWidget::visibilityChanged, &layout_timer_, qOverload<>(&QTimer::start));
    }
}

void MainWindow::saveLayout() {
    settings_.setValue(key(kGeometryKey), saveGeometry());
    settings_.setValue(key(kStateKey), saveState());
}

void MainWindow::resizeEvent(QResizeEvent* event) {
    QMainWindow::resizeEvent(event);
    layout_timer_.start();
}

void MainWindow::moveEvent(QMoveEvent* event) {
    QMainWindow::moveEvent(event);
    layout_timer_.start();
}

void MainWindow::showEvent(QShowEvent* event) {
    QMainWindow::showEvent(event);
    // Behind the first painting: asking the desktop may start its portal.
    QTimer::singleShot(0, this, [this] {
        appearance_.followSystem();
        PluginRegistry::ofProcess().find(PluginRegistry::defaultDirectories());
        library_.refresh();
    });
}

void MainWindow::restoreDrafts() {
    auto journal = app::DraftJournal::open(options_.profile_directory + QStringLiteral("/drafts"),
                                           [this] { return collectDrafts(); });
    app::DraftSet left;
    if (journal) {
        left = (*journal)->restored();
        pages_to_restore_ = left.pages;
        documents_to_restore_ = left.documents;
        for (const app::Draft& draft : left.drafts) {
            if (draft.is_closed) {
                closed_.push_back(draft);
            } else {
                addTab(draft);
            }
        }
        tabs_->setCurrentIndex(left.current);
        journal_ = std::move(*journal);
        connect(journal_.get(), &app::DraftJournal::saveFailed, this,
                [this](const QString& reason) { statusBar()->showMessage(reason); });
    } else {
        statusBar()->showMessage(QString::fromStdString(journal.error().describe()));
    }
    if (tabs_->count() == 0) {
        newTab();
    }
}

void MainWindow::loadMesh() {
    QThreadPool::globalInstance()->start(
        [this, post = owner_thread_.poster(), file = options_.mesh_file, factory = options_.client_factory] {
            auto mesh = std::make_shared<Result<app::Mesh>>(app::openMesh(file, factory));
            post([this, mesh] { showMesh(std::move(*mesh)); });
        });
}

void MainWindow::showMesh(Result<app::Mesh> mesh) {
    agent_button_->setMesh(mesh ? QString::fromStdString(mesh->name) : QString());
    if (!mesh) {
        showOnboarding(mesh.error());
        Q_EMIT meshLoaded(false);
        return;
    }
    mesh_ = std::make_shared<const app::Mesh>(std::move(*mesh));
    setWindowTitle(tr("%1 — Tessera").arg(QString::fromStdString(mesh_->name)));
    names_.setMesh(*mesh_);
    catalog_->setMesh(*mesh_);
    QStringList nodes;
    for (const app::MeshNode& node : mesh_->nodes) {
        nodes += QString::fromStdString(node.name);
    }
    palette_->setNodes(std::move(nodes));
    for (QueryTab* tab : queryTabs()) {
        tab->setMesh(mesh_);
    }
    if (MeshPage* page = meshPage()) {
        page->setMesh(mesh_);
    }
    if (JobsPage* page = jobsPage()) {
        page->setNodes(jobNodes(), app::jobGranter(options_.agent, mesh_->name));
    }
    if (EndpointsPage* page = endpointsPage()) {
        page->setNodes(endpointNodes(), nodeUrl());
    }
    onboarding_->setStep(OnboardingPage::Step::kNone);
    centre_->setCurrentWidget(tabs_);
    catalog_dock_->show();
    restorePages();
    restoreDocuments();
    updateState();
    Q_EMIT meshLoaded(true);
}

void MainWindow::showOnboarding(const Error& error) {
    onboarding_->setProblem(error);
    onboarding_->setRecent(recentMeshFiles());
    onboarding_->setStep(OnboardingPage::Step::kNone);
    centre_->setCurrentWidget(onboarding_);
    if (mesh_->nodes.empty()) {
        catalog_dock_->hide();
    }
}

void MainWindow::chooseMeshFile() {
    auto* dialog = new QFileDialog(this, tr("Open a mesh file"), {}, tr("Mesh files (*.yaml *.yml);;All files (*)"));
    dialog->setObjectName(QStringLiteral("meshFileDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openMeshFile);
    dialog->open();
}

void MainWindow::signIn() {
    // A second one takes the place of the first, whose page nobody answers.
    sign_in_.reset();
    statusBar()->showMessage(tr("Waiting for the sign-in in your browser…"));
    onboarding_->setStep(OnboardingPage::Step::kAgent);
    using SignIn = app::AgentCall<client::SignedIn>;
    sign_in_ = std::make_unique<SignIn>(
        client::AgentClient::start,
        [](client::AgentClient& agent, const auto& on_step) { return agent.login({}, false, on_step); },
        SignIn::Callbacks{[this, post = owner_thread_.poster()](const client::LoginStep& step) {
                              post([this, url = QString::fromStdString(step.url)] {
                                  onboarding_->setStep(OnboardingPage::Step::kBrowser, url);
                                  QDesktopServices::openUrl(QUrl(url, QUrl::StrictMode));
                              });
                          },
                          [this, post = owner_thread_.poster()](const Result<client::SignedIn>& result) {
                              post([this, result] { signInEnded(result); });
                          }});
}

void MainWindow::signInEnded(const Result<client::SignedIn>& result) {
    constexpr int kNoteMs = 15000;
    agent_button_->refresh();
    if (!result) {
        statusBar()->showMessage(QString::fromStdString(result.error().message), kNoteMs);
        if (onboarding_->step() != OnboardingPage::Step::kNone) {
            onboarding_->setProblem(result.error());
            onboarding_->setStep(OnboardingPage::Step::kNone);
        }
        return;
    }
    // What the agent has to say of the sign-in stands at its button.
    const std::string& person = result->person.empty() ? result->subject : result->person;
    statusBar()->showMessage(tr("You are signed in as %1.").arg(QString::fromStdString(person)), kNoteMs);
    onboarding_->setStep(OnboardingPage::Step::kMesh);
    // A mesh file that was chosen would hide the profile.
    options_.mesh_file.reset();
    loadMesh();
}

void MainWindow::signOut() {
    QThreadPool::globalInstance()->start([this, post = owner_thread_.poster()] {
        const auto agent = client::AgentClient::connect();
        const auto done = agent ? (*agent)->logout({}) : Result<std::pair<std::string, std::string>>(agent.error());
        const std::string note = done ? done->second : done.error().message;
        post([this, note] {
            statusBar()->showMessage(QString::fromStdString(note));
            loadMesh();
        });
    });
}

QueryTab* MainWindow::currentTab() const {
    return qobject_cast<QueryTab*>(tabs_->currentWidget());
}

QueryTab* MainWindow::addTab(const app::Draft& draft) {
    auto* tab = new QueryTab(query_actions_, names_, tabs_);
    tab->setDraft(draft);
    tab->setMesh(mesh_);
    connect(tab, &QueryTab::draftChanged, this, &MainWindow::touchJournal);
    connect(tab, &QueryTab::statementEnded, &history_, &app::History::add);
    connect(tab, &QueryTab::signInRequested, this, &MainWindow::signIn);
    connect(tab, &QueryTab::findRequested, quick_open_, &QAction::trigger);
    connect(tab, &QueryTab::definitionRequested, this,
            [this](const QString& node, const QString& schema, const QString& table) {
                catalog_->reveal(node, schema, table, false);
                openObject({node, schema, table});
            });
    connect(&tab->editor(), &SqlEditor::problemReached, statusBar(),
            [this](const QString& message) { statusBar()->showMessage(message); });
    connect(tab, &QueryTab::stateChanged, this, [this, tab] {
        if (tab == currentTab()) {
            updateState();
        }
        updateRunning();
    });
    connectFile(tab);
    applyEditorOptions(tab);
    tab->editor().addActions(editor_actions_);
    const int index = tabs_->addTab(tab, titleOf(*tab));
    addCloseButton(index, tab);
    tabs_->setCurrentIndex(index);
    centre_->setCurrentWidget(tabs_);
    tab->setFocus();
    return tab;
}

QList<QueryTab*> MainWindow::queryTabs() const {
    QList<QueryTab*> found;
    for (int i = 0; i < tabs_->count(); ++i) {
        if (auto* tab = qobject_cast<QueryTab*>(tabs_->widget(i))) {
            found += tab;
        }
    }
    return found;
}

void MainWindow::addCloseButton(int index, QWidget* tab) {
    auto* button = new QToolButton(tabs_->tabBar());
    button->setObjectName(QStringLiteral("closeTabButton"));
    button->setAccessibleName(tr("Close tab"));
    button->setIcon(icon("close", currentTheme().muted_text));
    button->setAutoRaise(true);
    constexpr QSize kSize(18, 18);
    constexpr QSize kIconSize(10, 10);
    button->setFixedSize(kSize);
    button->setIconSize(kIconSize);
    button->setStyleSheet(QStringLiteral("padding: 0;"));
    connect(button, &QToolButton::clicked, this, [this, tab] { closeTab(tabs_->indexOf(tab)); });
    tabs_->tabBar()->setTabButton(index, QTabBar::RightSide, button);
}

void MainWindow::newTab() {
    const QueryTab* current = currentTab();
    addTab({nextTitle(), {}, current != nullptr ? current->nodeName() : QString()});
    touchJournal();
}

void MainWindow::closeTab(int index, Unsaved unsaved) {
    QWidget* page = tabs_->widget(index);
    if (page == nullptr) {
        return;
    }
    if (auto* tab = qobject_cast<QueryTab*>(page)) {
        if (!canClose(*tab, [this, tab, unsaved] { closeTab(tabs_->indexOf(tab), unsaved); })) {
            return;
        }
        if (unsaved == Unsaved::kAsk && tab->file().isModified()) {
            askToSave(*tab, [this, tab] { closeTab(tabs_->indexOf(tab), Unsaved::kLeave); });
            return;
        }
        if (app::Draft draft = tab->draft(); !draft.text.trimmed().isEmpty()) {
            draft.is_closed = true;
            closed_.push_back(std::move(draft));
            if (closed_.size() > kClosedTabsMax) {
                closed_.erase(closed_.begin());
            }
        }
        tab->cancel();
    }
    if (auto* editor = qobject_cast<DocumentPage*>(page);
        editor != nullptr && unsaved == Unsaved::kAsk && editor->isChanged()) {
        tabs_->setCurrentWidget(editor);
        editor->askBeforeClosing([this, editor] { closeTab(tabs_->indexOf(editor), Unsaved::kLeave); });
        return;
    }
    page->disconnect(this);
    tabs_->removeTab(index);
    page->deleteLater();
    if (tabs_->count() == 0) {
        newTab();
    }
    updateState();
    updateRunning();
    touchJournal();
}

void MainWindow::reopenTab() {
    if (!closed_.empty()) {
        addTab(closed_.back());
        closed_.pop_back();
        updateState();
        touchJournal();
    }
}

void MainWindow::openQuery(const QString& node, const QString& sql) {
    QueryTab* tab = currentTab();
    if (tab == nullptr || !tab->editor().text().trimmed().isEmpty()) {
        newTab();
        tab = currentTab();
    }
    tab->setNodeName(node);
    tab->editor().setText(sql);
    tab->setFocus();
}

/// At the caret of the editor, which goes on from there.
void MainWindow::insertName(const QString& name) {
    if (currentTab() == nullptr) {
        newTab();
    }
    currentTab()->editor().replaceSelectedText(name);
    currentTab()->setFocus();
}

void MainWindow::updateState() {
    const QueryTab* tab = currentTab();
    const bool is_running = tab != nullptr && tab->session().isRunning();
    query_actions_.run->setEnabled(tab != nullptr && !is_running);
    query_actions_.run_all->setEnabled(tab != nullptr && !is_running);
    query_actions_.explain->setEnabled(tab != nullptr && !is_running);
    query_actions_.explain_measured->setEnabled(tab != nullptr && !is_running);
    query_actions_.stop->setEnabled(is_running);
    publish_query_->setEnabled(tab != nullptr);
    updateTransactionActions();
    reopen_tab_->setEnabled(!closed_.empty());
    const bool has_rows = tab != nullptr && tab->session().store() && tab->session().store()->rowCount() > 0;
    export_action_->setEnabled(has_rows);
    chart_action_->setEnabled(has_rows);
    const auto* page = qobject_cast<ObjectPage*>(tabs_->currentWidget());
    const QString node_name = tab != nullptr ? tab->nodeName() : page != nullptr ? page->place().node : QString();
    const app::MeshNode* node = mesh_->find(node_name.toStdString());
    identity_label_->setText(node != nullptr        ? tr("Signed in as %1").arg(QString::fromStdString(node->user))
                             : mesh_->nodes.empty() ? tr("Not connected")
                                                    : QString());
    node_label_->setText(node != nullptr ? QString::fromStdString(node->name + " · " + node->address) : QString());
    summary_label_->setText(tab != nullptr ? tab->results().summary() : QString());
}

void MainWindow::markTransactions() {
    for (QueryTab* tab : queryTabs()) {
        const bool is_open = tab->transaction().state() != app::Transaction::State::kNone;
        const bool is_failed = tab->transaction().state() == app::Transaction::State::kFailed;
        const Theme& theme = currentTheme();
        tabs_->setTabIcon(tabs_->indexOf(tab),
                          is_open ? icon("dot", is_failed ? theme.error : theme.warning) : QIcon());
    }
}

void MainWindow::updateRunning() {
    markTransactions();
    const QList<QueryTab*> tabs = queryTabs();
    const auto running = static_cast<int>(
        std::count_if(tabs.begin(), tabs.end(), [](const QueryTab* tab) { return tab->session().isRunning(); }));
    stop_all_->setEnabled(running > 0);
    running_button_->setText(tr("%n running", nullptr, running));
    running_button_->setVisible(running > 0);
}

void MainWindow::fillRunningMenu() {
    QMenu* menu = running_button_->menu();
    menu->clear();
    for (QueryTab* tab : queryTabs()) {
        if (tab->session().isRunning()) {
            menu->addAction(tr("%1 on %2").arg(tabs_->tabText(tabs_->indexOf(tab)), tab->nodeName()), tab,
                            [this, tab] { tabs_->setCurrentWidget(tab); });
        }
    }
    menu->addSeparator();
    menu->addAction(stop_all_);
}

QString MainWindow::nextTitle() const {
    std::set<QString> taken;
    for (int i = 0; i < tabs_->count(); ++i) {
        taken.insert(tabs_->tabText(i));
    }
    int number = 1;
    while (taken.count(tr("Query %1").arg(number)) != 0) {
        ++number;
    }
    return tr("Query %1").arg(number);
}

void MainWindow::touchJournal() {
    if (journal_) {
        journal_->touch();
    }
}

}  // namespace tessera::workbench

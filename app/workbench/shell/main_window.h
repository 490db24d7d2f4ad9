// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The workbench's window: catalog at the left, query tabs in the middle, status at the bottom. Puts the parts together
/// and decides nothing they can decide themselves. GUI thread.

#include "app/core/catalog/catalog_model.h"
#include "app/core/catalog/mesh_search.h"
#include "app/core/drafts/draft_journal.h"
#include "app/core/endpoints/endpoint_draft.h"
#include "app/core/history/history.h"
#include "app/core/jobs/job_nodes.h"
#include "app/core/library/library.h"
#include "app/core/mesh/agent_call.h"
#include "app/core/mesh/agent_watch.h"
#include "app/core/mesh/mesh.h"
#include "app/core/mesh/notice_watch.h"
#include "app/core/mesh/store_watch.h"
#include "app/core/thread/owner_thread.h"
#include "app/workbench/editor/query_tab.h"
#include "app/workbench/settings/appearance.h"
#include "app/workbench/settings/editor_settings.h"
#include "app/workbench/settings/shortcuts.h"

#include <QMainWindow>
#include <QSettings>
#include <QTimer>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

class QDockWidget;
class QLabel;
class QMenu;
class QStackedWidget;
class QTabWidget;
class QToolButton;

namespace tessera::workbench {

class AgentButton;
class CatalogPanel;
class CommandPalette;
class DocumentPage;
class EndpointEditor;
class EndpointsPage;
class JobEditor;
class JobsPage;
class MeshPage;
class OnboardingPage;
class PluginTabs;
struct PaletteEntry;

struct WorkbenchOptions {
    /// None: where nodeservice/client/mesh_file.h looks.
    std::optional<std::filesystem::path> mesh_file;
    /// Texts to open.
    QStringList files = {};
    /// Where settings and unsaved text are kept.
    QString profile_directory;
    app::ClientFactory client_factory = client::NodeClient::create;
    app::JobsClientFactory jobs_factory = client::JobsClient::create;
    app::EndpointsClientFactory endpoints_factory = client::EndpointsClient::create;
    app::StoreConnector store = client::StoreClient::create;
    app::AgentConnector agent = client::AgentClient::connect;
    app::NoticeSource notices = client::followNotices;
};

class MainWindow : public QMainWindow {
    Q_OBJECT

  public:
    static constexpr int kCatalogWidth = 280;
    /// How many closed tabs can be opened again.
    static constexpr int kClosedTabsMax = 50;
    /// What QApplication::exec() returns when the program is to start itself again.
    static constexpr int kRestartCode = 77;

    static QString settingsFile(const QString& profile_directory) {
        return profile_directory + QStringLiteral("/workbench.ini");
    }

    explicit MainWindow(WorkbenchOptions options);
    ~MainWindow() override;

    /// Null before there is one.
    QueryTab* currentTab() const;

    QTabWidget& tabs() { return *tabs_; }

    CatalogPanel& catalog() { return *catalog_; }

    CommandPalette& palette() { return *palette_; }

    /// The mesh's page; null while it is closed.
    MeshPage* meshPage() const;
    /// Null while it is not open.
    JobsPage* jobsPage() const;
    /// Of the jobs that are being written.
    QList<JobEditor*> jobEditors() const;
    /// Null while it is not open.
    EndpointsPage* endpointsPage() const;
    /// Of the endpoints and models that are being written.
    QList<EndpointEditor*> endpointEditors() const;

    /// A file of SQL, in a tab: the one that has it already, or another.
    void openFile(const QString& path);
    /// In tabs in this order.
    void openFiles(const QStringList& paths);

    /// Another tab, made current.
    QueryTab* addTab(const app::Draft& draft);

  Q_SIGNALS:
    /// The mesh file was read, or cannot be: the onboarding page says why.
    void meshLoaded(bool is_ok);

  protected:
    void closeEvent(QCloseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void moveEvent(QMoveEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

  private:
    void buildActions();
    void buildEditorActions();
    void buildTransactionActions();
    void buildResultActions();
    void addPaletteWords();
    void updateTransactionActions();
    void markTransactions();
    /// Whether the tab may go. If not, it asks what is to become of changed rows and of the open transaction, and calls
    /// `then` afterwards.
    bool canClose(QueryTab& tab, const std::function<void()>& then);
    void askToDiscard(QueryTab& tab, const std::function<void()>& then);
    void askToEnd(QueryTab& tab, const std::function<void()>& then);
    void askToSave(QueryTab& tab, const std::function<void()>& then);
    void buildMenus();
    void buildViewMenu();
    /// Where the panels stand, by the keyboard, too.
    void addPanelPlaces(QMenu& view);
    void letFloat(QDockWidget* dock);
    void buildPalette();
    void registerShortcuts();
    void buildCentre();
    void buildCatalog();
    void buildStatusBar();
    void buildHistory();
    void restoreWindow();
    void saveLayout();
    void restoreDrafts();
    void loadMesh();
    void showMesh(Result<app::Mesh> mesh);
    void showOnboarding(const Error& error);
    void chooseMeshFile();
    void signIn();
    void signInEnded(const Result<client::SignedIn>& result);
    void signOut();
    QList<QueryTab*> queryTabs() const;
    /// The page of a table, in a tab: the one that is there already, or a new one.
    void openObject(const app::CatalogModel::TablePlace& place);
    /// A schema's keys, drawn, in a tab.
    void openDiagram(const QString& node, const QString& schema);
    void addSource(const QString& node);
    /// The mesh's page, in a tab, at its graph or at what runs.
    void openMeshPage(bool at_running);
    void openJobsPage();
    /// The jobs' page with that one chosen.
    void openJob(const QString& job);
    /// The same with one of its runs chosen, before all other windows.
    void openRun(const QString& job, qint64 run);
    /// A new one without details; `as`: a copy under that name.
    void openJobEditor(const client::JobDetails* details, const QString& as);
    /// The mesh's, for a page that asks for its jobs.
    std::shared_ptr<app::JobNodes> jobNodes() const;
    std::shared_ptr<app::EndpointNodes> endpointNodes() const;
    /// Of the first node, as programs call it.
    QString nodeUrl() const;
    void openEndpointsPage();
    EndpointEditor* addEndpointEditor(app::EndpointDraft::Kind kind);
    void openEndpoint(app::EndpointDraft::Kind kind, const QString& name, const client::EndpointDetails& details,
                      bool as_copy);
    /// The statement under the caret as a new endpoint, with its parameters' types as the node knows them.
    void publishQuery();
    void addPage(QWidget* page, const QString& title, const QString& tooltip);
    /// What is kept of the tab, if it is such a page.
    std::optional<app::PageDraft> pageDraft(int tab) const;
    /// Those of the last session, once there is a mesh; they ask for nothing until they are looked at.
    void restorePages();
    /// Files of the mesh that were being written.
    void restoreDocuments();
    void addDocument(DocumentPage* page, const QString& tooltip);
    JobEditor* addJobEditor();
    void buildFileActions();
    void connectFile(QueryTab* tab);
    void showFile(const QString& path, const app::TextFile& file);
    void chooseFile();
    void chooseFileToSave(QueryTab* tab);
    void addRecentFile(const QString& path);
    QStringList recentFiles() const;
    void fillRecentMenu();
    /// The tab's, with a mark while its file lacks some of the text.
    QString titleOf(const QueryTab& tab) const;
    void checkFiles();
    void buildLibrary();
    void openSavedQuery(qint64 query);
    /// The tab's text, under a name and in a folder that are asked for.
    void keepQuery(QueryTab* tab, qint64 folder);
    void saveQuery(QueryTab* tab);
    void takeLibrary();
    void applyEditorOptions(QueryTab* tab);
    /// Saved queries and recent files, for the palette.
    std::vector<PaletteEntry> documents();
    QStringList recentMeshFiles() const;
    void openMeshFile(const QString& file);
    void addCloseButton(int index, QWidget* tab);
    void newTab();
    enum class Unsaved { kAsk, kLeave };
    void closeTab(int index, Unsaved unsaved = Unsaved::kAsk);
    void reopenTab();
    void insertName(const QString& name);
    void openQuery(const QString& node, const QString& sql);
    void updateState();
    void updateRunning();
    void fillRunningMenu();
    void showObject(const app::FoundName& object);
    void showRowsOf(const app::FoundName& object);
    void showSettings();
    void restart();
    void onThemeChanged();
    void updateIcons();
    void showAbout();
    app::DraftSet collectDrafts() const;
    QString nextTitle() const;
    void touchJournal();

    WorkbenchOptions options_;
    QSettings settings_;
    Appearance appearance_;
    Shortcuts shortcuts_;
    std::shared_ptr<const app::Mesh> mesh_ = std::make_shared<const app::Mesh>();
    app::MeshNames names_;
    EditorSettings editor_settings_;
    app::History history_;
    app::Library library_;
    std::unique_ptr<app::DraftJournal> journal_;
    /// Closed with text in them, the last one at the end; kept for the next session, too.
    std::vector<app::Draft> closed_;
    /// Of the last session, until there is a mesh.
    std::vector<app::PageDraft> pages_to_restore_;
    std::vector<app::DocumentText> documents_to_restore_;
    std::unique_ptr<PluginTabs> plugin_tabs_;

    QueryActions query_actions_;
    QAction* new_tab_ = nullptr;
    QAction* close_tab_ = nullptr;
    QAction* reopen_tab_ = nullptr;
    QAction* open_file_ = nullptr;
    QAction* save_file_ = nullptr;
    QAction* save_file_as_ = nullptr;
    QAction* keep_query_ = nullptr;
    QMenu* recent_menu_ = nullptr;
    QAction* open_mesh_ = nullptr;
    QAction* sign_in_action_ = nullptr;
    QAction* sign_out_action_ = nullptr;
    QAction* dark_theme_ = nullptr;
    QAction* stop_all_ = nullptr;
    QAction* export_action_ = nullptr;
    QAction* chart_action_ = nullptr;
    QAction* add_source_action_ = nullptr;
    QAction* quick_open_ = nullptr;
    QAction* all_actions_ = nullptr;
    QAction* settings_action_ = nullptr;
    QAction* mesh_action_ = nullptr;
    QAction* activity_action_ = nullptr;
    QAction* jobs_action_ = nullptr;
    QAction* endpoints_action_ = nullptr;
    QAction* publish_query_ = nullptr;
    QAction* quit_ = nullptr;
    QList<QAction*> editor_actions_;

    QStackedWidget* centre_ = nullptr;
    OnboardingPage* onboarding_ = nullptr;
    QTabWidget* tabs_ = nullptr;
    QDockWidget* catalog_dock_ = nullptr;
    CatalogPanel* catalog_ = nullptr;
    QDockWidget* history_dock_ = nullptr;
    QDockWidget* queries_dock_ = nullptr;
    CommandPalette* palette_ = nullptr;
    /// How many tabs run a statement, and a menu of them; hidden when none does.
    QToolButton* running_button_ = nullptr;
    /// Writes the layout down soon after it changed, so that a kill takes little of it.
    QTimer layout_timer_;
    AgentButton* agent_button_ = nullptr;
    QLabel* identity_label_ = nullptr;
    QLabel* node_label_ = nullptr;
    QLabel* summary_label_ = nullptr;
    app::OwnerThread owner_thread_;
    /// The one under way; posts to owner_thread_.
    std::unique_ptr<app::AgentCall<client::SignedIn>> sign_in_;
};

}  // namespace tessera::workbench

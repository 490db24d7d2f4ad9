// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// All that is known of one table, view or foreign table, in a tab: its documentation, size, columns, keys, rights and
/// definition from the node's catalogs, and a sample of its rows, which is read when it is looked at. Writes statements
/// for the editor and runs none but these two of its own, each in a session of its own. GUI thread.

#include "app/core/catalog/table_facts.h"
#include "app/core/endpoints/endpoint_nodes.h"
#include "app/core/jobs/job_nodes.h"
#include "app/core/mesh/mesh.h"
#include "app/core/session/query_session.h"

#include <QWidget>
#include <memory>

class QLabel;
class QMenu;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;
class QTabWidget;
class QToolButton;
class QTreeView;

namespace tessera::workbench {

class CommentEditor;
class EmptyState;
class LineageView;
class ResultsPanel;
class StatisticsView;

class ObjectPage : public QWidget {
    Q_OBJECT

  public:
    static constexpr int kSampleRows = 100;

    ObjectPage(app::CatalogModel::TablePlace place, std::shared_ptr<const app::Mesh> mesh,
               std::shared_ptr<app::JobNodes> jobs, std::shared_ptr<app::EndpointNodes> endpoints, QWidget* parent);

    const app::CatalogModel::TablePlace& place() const { return place_; }

    /// Null until they have come.
    const app::TableFacts* facts() const { return facts_ ? &*facts_ : nullptr; }

    QTabWidget& sections() { return *sections_; }

    ResultsPanel& sample() { return *sample_; }

    /// Reads all of it again; a sample that was seen, too.
    void refresh();

  Q_SIGNALS:
    /// The person wants this statement in the editor.
    void queryRequested(const QString& node, const QString& sql);
    /// The person wants to know more of another table.
    void detailsRequested(const tessera::app::CatalogModel::TablePlace& place);
    /// The person wants to see the endpoints and models.
    void endpointsRequested();
    /// The person wants to know more of a scheduled job.
    void jobRequested(const QString& job);
    /// The person wants to know what else has this tag ("#daily").
    void tagChosen(const QString& tag);

  protected:
    void changeEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;

  private:
    QWidget* buildHeader();
    void buildSections(std::shared_ptr<app::JobNodes> jobs, std::shared_ptr<app::EndpointNodes> endpoints);
    void onFactsState();
    void showFacts();
    void showTags();
    void showFailure(const Error& error);
    void readSample();
    void write(QString (*statement)(const app::TableFacts&));
    /// Of the table, or of the column of that name.
    void editComment(const QString& column);
    void applyColors();
    std::shared_ptr<client::NodeClient> client() const;

    const app::CatalogModel::TablePlace place_;
    const std::shared_ptr<const app::Mesh> mesh_;
    app::QuerySession facts_session_;
    app::QuerySession sample_session_;
    std::optional<app::TableFacts> facts_;
    /// Nothing is asked before the page is looked at: it may be one of many that a session brought back.
    bool is_seen_ = false;
    bool is_sample_wanted_ = false;

    QLabel* icon_ = nullptr;
    QLabel* title_ = nullptr;
    QLabel* origin_ = nullptr;
    QLabel* size_ = nullptr;
    QLabel* description_ = nullptr;
    QWidget* tags_ = nullptr;
    QPushButton* query_ = nullptr;
    QPushButton* generate_ = nullptr;
    QToolButton* edit_ = nullptr;
    CommentEditor* comment_ = nullptr;
    QStackedWidget* stack_ = nullptr;
    EmptyState* empty_ = nullptr;
    QTabWidget* sections_ = nullptr;
    QTreeView* columns_ = nullptr;
    ResultsPanel* sample_ = nullptr;
    LineageView* lineage_ = nullptr;
    StatisticsView* statistics_ = nullptr;
    QTreeView* keys_ = nullptr;
    QTreeView* grants_ = nullptr;
    QPlainTextEdit* definition_ = nullptr;
};

}  // namespace tessera::workbench

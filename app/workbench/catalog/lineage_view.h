// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A table's lineage, drawn, and below it who uses the table: views and tables of the mesh, scheduled jobs, endpoints
/// and models. Read when it is first looked at. GUI thread.

#include "app/core/catalog/lineage.h"
#include "app/core/endpoints/endpoint_tables.h"
#include "app/core/jobs/job_tables.h"
#include "app/core/thread/background_task.h"

#include <QWidget>
#include <memory>

class QLabel;
class QStackedWidget;
class QTreeView;

namespace tessera::workbench {

class EmptyState;
class GraphView;

class LineageView : public QWidget {
    Q_OBJECT

  public:
    LineageView(std::shared_ptr<const app::Mesh> mesh, std::shared_ptr<app::JobNodes> jobs,
                std::shared_ptr<app::EndpointNodes> endpoints, app::CatalogModel::TablePlace place,
                QWidget* parent = nullptr);

    /// Reads it again, if it was read.
    void refresh();

    GraphView& graph() { return *graph_; }

  Q_SIGNALS:
    /// The person wants to know more of this table.
    void detailsRequested(const tessera::app::CatalogModel::TablePlace& place);
    /// The person wants to know more of this job.
    void jobRequested(const QString& job);
    /// … of endpoints and models.
    void endpointsRequested();

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    void show(const app::Lineage& lineage);
    void showUsers();
    QStringList notes() const;
    void readJobs();
    void readEndpoints();
    void open(const QString& id);
    void openUser(int row);

    const std::shared_ptr<const app::Mesh> mesh_;
    const std::shared_ptr<app::JobNodes> jobs_;
    const std::shared_ptr<app::EndpointNodes> endpoints_;
    const app::CatalogModel::TablePlace place_;
    bool is_wanted_ = false;
    app::LineageReader reader_;
    std::vector<app::JobUse> uses_;
    /// Why the jobs could not be asked; empty when they were, or there are none.
    QString jobs_problem_;
    std::vector<app::EndpointUse> endpoint_uses_;
    QString endpoints_problem_;
    QStackedWidget* stack_;
    EmptyState* empty_;
    GraphView* graph_;
    QTreeView* users_;
    QLabel* users_title_;
    QLabel* note_;
    app::BackgroundTask reading_jobs_;
    app::BackgroundTask reading_endpoints_;
};

}  // namespace tessera::workbench

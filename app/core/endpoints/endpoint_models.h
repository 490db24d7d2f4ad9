#pragma once

/// Endpoints as a table in words, and how they are called. GUI thread.

#include "app/core/jobs/rows_model.h"
#include "nodeservice/client/endpoints_client.h"

#include <QCoreApplication>
#include <QString>
#include <string>
#include <vector>

namespace tessera::app {

/// "GET, POST" or "POST".
QString methodsOf(const client::EndpointInfo& endpoint);

/// "/api/v1/endpoints/orders"
QString pathOf(const std::string& endpoint);

/// "12 calls by analyst, etl": since the node that was asked has started.
QString usageOf(const client::EndpointInfo& endpoint);

/// Roles as of job_models.h.
class EndpointListModel : public RowsModel<client::EndpointInfo, &client::EndpointInfo::name> {
    Q_DECLARE_TR_FUNCTIONS(EndpointListModel)

  public:
    enum Column { kName, kMethods, kVersion, kParameters, kRoles, kCalls, kState, kColumnCount };

    using RowsModel::RowsModel;

    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
};

/// A model and the versions of it that are served.
struct ServedModel {
    std::string name;
    /// Of its file; 0: the mesh has none, so that it cannot be edited here.
    std::int64_t file_version = 0;
    std::string author;
    std::int64_t at_ms = 0;
    /// Those that read, the newest version first.
    std::vector<client::EndpointInfo> versions;
    /// All of its endpoints.
    std::vector<std::string> endpoints;
};

std::vector<ServedModel> modelsOf(const std::vector<client::EndpointInfo>& endpoints,
                                  const std::vector<client::ModelInfo>& files);

/// "customer@v2-insert" is version 2; 0: no model's.
std::int64_t modelVersionOf(const std::string& endpoint);

}  // namespace tessera::app

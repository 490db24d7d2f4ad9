#include "app/core/endpoints/endpoint_models.h"

#include "app/core/jobs/job_models.h"

#include <QLocale>
#include <QStringList>
#include <QUrl>
#include <algorithm>
#include <charconv>
#include <map>

namespace tessera::app {

namespace {

QString qt(const std::string& text) {
    return QString::fromStdString(text);
}

QString joined(const std::vector<std::string>& texts) {
    QStringList list;
    for (const std::string& text : texts) {
        list += qt(text);
    }
    return list.join(QStringLiteral(", "));
}

QString textOf(const client::EndpointInfo& endpoint, int column) {
    switch (column) {
        case EndpointListModel::kName:
            return qt(endpoint.name);
        case EndpointListModel::kMethods:
            return methodsOf(endpoint);
        case EndpointListModel::kVersion:
            return QString::number(endpoint.version);
        case EndpointListModel::kParameters:
            return qt(endpoint.parameters);
        case EndpointListModel::kRoles:
            return endpoint.roles.empty() ? EndpointListModel::tr("everybody") : joined(endpoint.roles);
        case EndpointListModel::kCalls:
            return endpoint.calls == 0 ? QString() : QLocale().toString(qulonglong{endpoint.calls});
        case EndpointListModel::kState:
            return endpoint.problem.empty() ? EndpointListModel::tr("served") : EndpointListModel::tr("not served");
        default:
            return {};
    }
}

}  // namespace

QString methodsOf(const client::EndpointInfo& endpoint) {
    return endpoint.is_writing ? QStringLiteral("POST") : QStringLiteral("GET, POST");
}

QString pathOf(const std::string& endpoint) {
    return QStringLiteral("/api/v1/endpoints/") +
           QString::fromLatin1(QUrl::toPercentEncoding(qt(endpoint), QByteArrayLiteral("@")));
}

QString usageOf(const client::EndpointInfo& endpoint) {
    return endpoint.calls == 0 ? EndpointListModel::tr("not called since the node was started")
                               : EndpointListModel::tr("%n calls by %1", nullptr, static_cast<int>(endpoint.calls))
                                     .arg(joined(endpoint.callers));
}

int EndpointListModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : kColumnCount;
}

QVariant EndpointListModel::data(const QModelIndex& index, int role) const {
    const client::EndpointInfo* endpoint = rowOf(index);
    if (endpoint == nullptr) {
        return {};
    }
    switch (role) {
        case Qt::DisplayRole:
            return textOf(*endpoint, index.column());
        case Qt::ToolTipRole:
            return !endpoint->problem.empty()   ? qt(endpoint->problem)
                   : index.column() == kName    ? qt(endpoint->documentation)
                   : index.column() == kCalls   ? usageOf(*endpoint)
                   : index.column() == kMethods ? pathOf(endpoint->name)
                                                : textOf(*endpoint, index.column());
        case kJobSortRole:
            return index.column() == kCalls     ? QVariant(qulonglong{endpoint->calls})
                   : index.column() == kVersion ? QVariant(qlonglong{endpoint->version})
                                                : QVariant(textOf(*endpoint, index.column()));
        case kJobToneRole:
            return index.column() == kState
                       ? QVariant(static_cast<int>(endpoint->problem.empty() ? JobTone::kGood : JobTone::kBad))
                       : QVariant();
        default:
            return {};
    }
}

QVariant EndpointListModel::headerData(int section, Qt::Orientation orientation, int role) const {
    static const char* const kHeadings[kColumnCount] = {
        QT_TR_NOOP("Endpoint"), QT_TR_NOOP("Method"), QT_TR_NOOP("Version"), QT_TR_NOOP("Parameters"),
        QT_TR_NOOP("Roles"),    QT_TR_NOOP("Calls"),  QT_TR_NOOP("State")};
    return role == Qt::DisplayRole && orientation == Qt::Horizontal ? QVariant(tr(kHeadings[section])) : QVariant();
}

std::int64_t modelVersionOf(const std::string& endpoint) {
    const std::size_t at = endpoint.find("@v");
    std::int64_t version = 0;
    if (at != std::string::npos) {
        std::from_chars(endpoint.data() + at + 2, endpoint.data() + endpoint.size(), version);
    }
    return version;
}

std::vector<ServedModel> modelsOf(const std::vector<client::EndpointInfo>& endpoints,
                                  const std::vector<client::ModelInfo>& files) {
    std::map<std::string, ServedModel> models;
    for (const client::ModelInfo& file : files) {
        models[file.name] = {file.name, file.file_version, file.author, file.at_ms, {}, {}};
    }
    for (const client::EndpointInfo& endpoint : endpoints) {
        if (modelVersionOf(endpoint.name) == 0) {
            continue;
        }
        ServedModel& model = models[endpoint.name.substr(0, endpoint.name.find('@'))];
        model.name = endpoint.name.substr(0, endpoint.name.find('@'));
        model.endpoints.push_back(endpoint.name);
        if (endpoint.name.find('-', endpoint.name.find('@')) == std::string::npos) {
            model.versions.push_back(endpoint);
        }
    }
    std::vector<ServedModel> list;
    for (auto& [name, model] : models) {
        std::sort(model.versions.begin(), model.versions.end(),
                  [](const auto& a, const auto& b) { return modelVersionOf(a.name) > modelVersionOf(b.name); });
        list.push_back(std::move(model));
    }
    return list;
}

}  // namespace tessera::app

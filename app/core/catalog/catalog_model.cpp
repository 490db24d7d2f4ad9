#include "app/core/catalog/catalog_model.h"

#include "app/core/catalog/table_facts.h"
#include "app/core/mesh/agent_words.h"
#include "app/core/session/query_session.h"
#include "app/core/sql/tokens.h"

#include <QLocale>
#include <QMimeData>
#include <QStringList>
#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <utility>

namespace tessera::app {

namespace {

using Children = std::vector<std::unique_ptr<CatalogNode>>;

QString text(const std::string& value) {
    return QString::fromStdString(value);
}

std::unique_ptr<CatalogNode> makeNode(CatalogKind kind, QString name) {
    auto node = std::make_unique<CatalogNode>();
    node->kind = kind;
    node->name = std::move(name);
    return node;
}

Children oneChild(CatalogKind kind, const QString& name) {
    Children children;
    children.push_back(makeNode(kind, name));
    return children;
}

std::unique_ptr<CatalogNode> schemaRow(const client::SchemaInfo& schema) {
    auto node = makeNode(CatalogKind::kSchema, text(schema.name));
    node->tooltip = text(schema.comment);
    node->load = CatalogNode::Load::kUnloaded;
    return node;
}

void addChild(CatalogNode& parent, std::unique_ptr<CatalogNode> child) {
    child->parent = &parent;
    child->row = static_cast<int>(parent.children.size());
    parent.children.push_back(std::move(child));
}

/// Schemas by their sources, those of the node itself behind the others.
Children schemaRows(const std::vector<client::SchemaInfo>& schemas) {
    if (schemas.empty()) {
        return oneChild(CatalogKind::kNothing, CatalogModel::tr("No schemas you may see"));
    }
    Children children;
    std::map<std::string, std::unique_ptr<CatalogNode>> sources;
    for (const client::SchemaInfo& schema : schemas) {
        if (!schema.source.empty()) {
            std::unique_ptr<CatalogNode>& source = sources[schema.source];
            if (!source) {
                source = makeNode(CatalogKind::kSource, text(schema.source));
                source->tooltip = CatalogModel::tr("A source behind this node");
            }
            addChild(*source, schemaRow(schema));
        }
    }
    if (sources.empty()) {
        std::transform(schemas.begin(), schemas.end(), std::back_inserter(children), schemaRow);
        return children;
    }
    auto own = makeNode(CatalogKind::kSource, CatalogModel::tr("In this node"));
    own->tooltip = CatalogModel::tr("Tables and views that the node itself has");
    for (const client::SchemaInfo& schema : schemas) {
        if (schema.source.empty()) {
            addChild(*own, schemaRow(schema));
        }
    }
    for (auto& [name, source] : sources) {
        children.push_back(std::move(source));
    }
    if (!own->children.empty()) {
        children.push_back(std::move(own));
    }
    return children;
}

CatalogKind kindOfTable(client::TableKind kind) {
    switch (kind) {
        case client::TableKind::kView:
            return CatalogKind::kView;
        case client::TableKind::kForeignTable:
            return CatalogKind::kForeignTable;
        case client::TableKind::kMaterializedView:
            return CatalogKind::kMaterializedView;
        case client::TableKind::kTable:
            break;
    }
    return CatalogKind::kTable;
}

Children tableRows(const std::vector<client::TableInfo>& tables) {
    Children children;
    for (const client::TableInfo& table : tables) {
        auto node = makeNode(kindOfTable(table.kind), text(table.name));
        node->detail = table.estimated_rows ? compactCount(*table.estimated_rows) : QString{};
        node->tooltip = text(table.comment);
        node->load = CatalogNode::Load::kUnloaded;
        children.push_back(std::move(node));
    }
    return children.empty() ? oneChild(CatalogKind::kNothing, CatalogModel::tr("No tables you may see"))
                            : std::move(children);
}

Children columnRows(const client::TableDetails& details) {
    Children children;
    for (const client::ColumnInfo& column : details.columns) {
        auto node = makeNode(CatalogKind::kColumn, text(column.name));
        node->detail = text(column.type_name);
        node->tooltip = text(column.comment);
        node->is_key = column.key_position > 0;
        children.push_back(std::move(node));
    }
    if (children.empty()) {
        return oneChild(CatalogKind::kNothing, CatalogModel::tr("No columns you may see"));
    }
    children.push_back(makeNode(CatalogKind::kKeys, CatalogModel::tr("Keys and indexes")));
    children.push_back(makeNode(CatalogKind::kStatistics, CatalogModel::tr("Statistics")));
    for (auto group = children.end() - 2; group != children.end(); ++group) {
        (*group)->load = CatalogNode::Load::kUnloaded;
    }
    return children;
}

Children keyRows(const TableFacts& facts) {
    Children children;
    for (const TableFacts::Key& key : facts.keys) {
        auto node = makeNode(CatalogKind::kKey, key.name);
        node->detail = key.kind;
        node->tooltip = key.definition;
        children.push_back(std::move(node));
    }
    return children.empty() ? oneChild(CatalogKind::kNothing, CatalogModel::tr("No keys and no indexes"))
                            : std::move(children);
}

Children statisticRows(const TableFacts& facts) {
    Children children;
    const auto add = [&](const QString& name, const QString& value) {
        children.push_back(makeNode(CatalogKind::kStatistic, name));
        children.back()->detail = value;
    };
    if (facts.rows) {
        add(CatalogModel::tr("Rows, estimated"), compactCount(*facts.rows));
    }
    if (facts.bytes) {
        add(CatalogModel::tr("Size"), QLocale().formattedDataSize(*facts.bytes));
    }
    if (facts.analyzed.isValid()) {
        add(CatalogModel::tr("Counted"), QLocale().toString(facts.analyzed, QStringLiteral("yyyy-MM-dd HH:mm")));
    }
    for (const TableFacts::Column& column : facts.columns) {
        if (column.distinct) {
            // PostgreSQL has a part of the rows as a negative number.
            const double count = *column.distinct < 0 ? -*column.distinct * facts.rows.value_or(0) : *column.distinct;
            add(column.name, CatalogModel::tr("%1 different").arg(compactCount(count)));
        }
    }
    return children.empty() ? oneChild(CatalogKind::kNothing, CatalogModel::tr("Nothing was counted yet (ANALYZE)"))
                            : std::move(children);
}

/// The facts of a table, as a call like the others.
class FactsCall final : public client::PendingCall {
  public:
    using Done = std::function<void(Result<TableFacts>)>;

    FactsCall(const std::shared_ptr<client::NodeClient>& client, const CatalogModel::TablePlace& place, Done done)
        : session_(nullptr, kMostBytes) {
        QObject::connect(&session_, &QuerySession::stateChanged, &session_, [this, place, done = std::move(done)] {
            if (session_.state() == QuerySession::State::kSucceeded) {
                auto facts = readTableFacts(place, *session_.store());
                done(facts ? Result<TableFacts>(std::move(*facts))
                           : fail(ErrorCode::kNotFound, "the table is not there any more", "refresh its schema"));
            } else if (session_.state() == QuerySession::State::kFailed) {
                done(session_.error());
            }
        });
        session_.run(client, tableFactsRequest(place));
    }

  private:
    static constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 20U;

    QuerySession session_;
};

}  // namespace

QString compactCount(double count) {
    struct Unit {
        double size;
        const char* sign;
    };

    for (const Unit unit : {Unit{1e9, " G"}, Unit{1e6, " M"}, Unit{1e3, " k"}}) {
        if (count >= unit.size * 0.9995) {
            const double scaled = count / unit.size;
            return QString::number(scaled, 'f', scaled < 9.95 ? 1 : 0) + QString::fromLatin1(unit.sign);
        }
    }
    return QString::number(count, 'f', 0);
}

CatalogModel::CatalogModel(QObject* parent, std::chrono::milliseconds patience)
    : QAbstractItemModel(parent), root_(std::make_unique<CatalogNode>()), patience_(patience), owner_thread_(this) {
    tick_.setInterval(std::min(patience, std::chrono::milliseconds(std::chrono::seconds(1))));
    connect(&tick_, &QTimer::timeout, this, &CatalogModel::tellHowLong);
}

CatalogModel::~CatalogModel() = default;

void CatalogModel::setMesh(const Mesh& mesh) {
    beginResetModel();
    waiting_.clear();
    root_ = std::make_unique<CatalogNode>();
    auto top = makeNode(CatalogKind::kMesh, text(mesh.name));
    top->parent = root_.get();
    for (const MeshNode& member : mesh.nodes) {
        auto node = makeNode(CatalogKind::kNode, text(member.name));
        node->tooltip = tr("%1 as %2").arg(text(member.address), text(member.user));
        node->client = member.client;
        node->load = CatalogNode::Load::kUnloaded;
        node->error = member.error;
        node->parent = top.get();
        node->row = static_cast<int>(top->children.size());
        top->children.push_back(std::move(node));
    }
    root_->children.push_back(std::move(top));
    endResetModel();
    tellWaiting();
}

void CatalogModel::retry(const QModelIndex& index) {
    CatalogNode* node = nodeOf(index);
    if (node->kind == CatalogKind::kFailure) {
        node = node->parent;
    }
    if (node->load == CatalogNode::Load::kFailed) {
        request(*node);
    }
}

void CatalogModel::refresh(const QModelIndex& index) {
    CatalogNode* node = nodeOf(index);
    if (node->kind == CatalogKind::kSource) {
        node = node->parent;
    }
    if (node->load != CatalogNode::Load::kNever && node->load != CatalogNode::Load::kUnloaded) {
        request(*node);
    }
}

CatalogKind CatalogModel::kindOf(const QModelIndex& index) const {
    return nodeOf(index)->kind;
}

std::optional<CatalogModel::TablePlace> CatalogModel::tablePlaceOf(const QModelIndex& index) const {
    const CatalogNode* table = nodeOf(index);
    while (table != nullptr && !isTableKind(table->kind)) {
        table = table->parent;
    }
    return table == nullptr ? std::nullopt
                            : std::optional(TablePlace{nodeNameOf(index), table->parent->name, table->name});
}

QString CatalogModel::nodeNameOf(const QModelIndex& index) const {
    const CatalogNode* node = nodeOf(index)->enclosing(CatalogKind::kNode);
    return node != nullptr ? node->name : QString{};
}

CatalogNode* CatalogModel::nodeOf(const QModelIndex& index) const {
    return index.isValid() ? static_cast<CatalogNode*>(index.internalPointer()) : root_.get();
}

QModelIndex CatalogModel::indexOf(const CatalogNode* node) const {
    return node == root_.get() ? QModelIndex{} : createIndex(node->row, 0, node);
}

QModelIndex CatalogModel::index(int row, int column, const QModelIndex& parent) const {
    const CatalogNode* node = nodeOf(parent);
    if (column != 0 || row < 0 || row >= static_cast<int>(node->children.size())) {
        return {};
    }
    return createIndex(row, 0, node->children[static_cast<std::size_t>(row)].get());
}

QModelIndex CatalogModel::parent(const QModelIndex& child) const {
    return child.isValid() ? indexOf(nodeOf(child)->parent) : QModelIndex{};
}

int CatalogModel::rowCount(const QModelIndex& parent) const {
    return static_cast<int>(nodeOf(parent)->children.size());
}

int CatalogModel::columnCount(const QModelIndex& /*parent*/) const {
    return 1;
}

bool CatalogModel::hasChildren(const QModelIndex& parent) const {
    const CatalogNode* node = nodeOf(parent);
    return node->load == CatalogNode::Load::kUnloaded || !node->children.empty();
}

bool CatalogModel::canFetchMore(const QModelIndex& parent) const {
    return nodeOf(parent)->load == CatalogNode::Load::kUnloaded;
}

void CatalogModel::fetchMore(const QModelIndex& parent) {
    if (canFetchMore(parent)) {
        request(*nodeOf(parent));
    }
}

QVariant CatalogModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    const CatalogNode* node = nodeOf(index);
    switch (role) {
        case Qt::DisplayRole:
            return node->kind == CatalogKind::kLoading ? loadingText(*node) : node->name;
        case Qt::ToolTipRole:
            return node->tooltip.isEmpty() ? QVariant{} : node->tooltip;
        case Qt::AccessibleTextRole:
            return node->detail.isEmpty() ? data(index, Qt::DisplayRole)
                                          : QVariant(tr("%1, %2").arg(node->name, node->detail));
        case kKindRole:
            return static_cast<int>(node->kind);
        case kDetailRole:
            return node->detail;
        case kHintRole:
            return text(node->error.hint);
        case kIsKeyRole:
            return node->is_key;
        default:
            return {};
    }
}

Qt::ItemFlags CatalogModel::flags(const QModelIndex& index) const {
    if (!index.isValid()) {
        return Qt::NoItemFlags;
    }
    const CatalogKind kind = nodeOf(index)->kind;
    const bool has_name = isTableKind(kind) || kind == CatalogKind::kColumn || kind == CatalogKind::kSchema;
    return Qt::ItemIsEnabled | Qt::ItemIsSelectable | (has_name ? Qt::ItemIsDragEnabled : Qt::NoItemFlags);
}

QStringList CatalogModel::mimeTypes() const {
    return {QStringLiteral("text/plain")};
}

QMimeData* CatalogModel::mimeData(const QModelIndexList& indexes) const {
    QStringList names;
    for (const QModelIndex& index : indexes) {
        const CatalogNode* node = nodeOf(index);
        const auto place = isTableKind(node->kind) ? tablePlaceOf(index) : std::nullopt;
        names += place ? qualifiedName(place->schema, place->table) : identifier(node->name);
    }
    auto* data = new QMimeData;
    data->setText(names.join(QStringLiteral(", ")));
    return data;
}

QString identifier(const QString& name) {
    return QString::fromStdString(quotedIfNeeded(name.toStdString()));
}

QString qualifiedName(const QString& schema, const QString& table) {
    return identifier(schema) + QLatin1Char('.') + identifier(table);
}

template <class T>
client::Callback<T> CatalogModel::answerTo(CatalogNode& node, Children (*build)(const T&)) {
    const std::uint64_t request_id = next_request_id_++;
    waiting_[request_id] = &node;
    return [this, request_id, build, post = owner_thread_.poster()](Result<T> answer) {
        auto shared = std::make_shared<Result<T>>(std::move(answer));
        post([this, request_id, build, shared] {
            if (*shared) {
                finish(request_id, build(**shared));
            } else {
                finish(request_id, shared->error());
            }
        });
    };
}

void CatalogModel::request(CatalogNode& node) {
    std::erase_if(waiting_, [&](const auto& entry) { return entry.second == &node; });
    node.call.reset();
    const CatalogNode* owner = node.enclosing(CatalogKind::kNode);
    client::NodeClient* client = owner->client.get();
    if (client == nullptr) {
        const std::uint64_t request_id = next_request_id_++;
        waiting_[request_id] = &node;
        finish(request_id, owner->error);
        return;
    }
    node.load = CatalogNode::Load::kLoading;
    node.asked_at = std::chrono::steady_clock::now();
    Children loading = oneChild(CatalogKind::kLoading, {});
    loading.front()->tooltip = tr("Refresh, in the menu, asks again.");
    replaceChildren(node, std::move(loading));
    if (node.kind == CatalogKind::kNode) {
        node.call = client->listSchemas(answerTo<std::vector<client::SchemaInfo>>(node, schemaRows));
    } else if (node.kind == CatalogKind::kKeys || node.kind == CatalogKind::kStatistics) {
        requestFacts(node, owner->client);
    } else if (node.kind == CatalogKind::kSchema) {
        node.call =
            client->listTables(node.name.toStdString(), answerTo<std::vector<client::TableInfo>>(node, tableRows));
    } else {
        node.call = client->describeTable(node.parent->name.toStdString(), node.name.toStdString(),
                                          answerTo<client::TableDetails>(node, columnRows));
    }
    tellWaiting();
}

void CatalogModel::requestFacts(CatalogNode& node, const std::shared_ptr<client::NodeClient>& client) {
    const std::uint64_t request_id = next_request_id_++;
    waiting_[request_id] = &node;
    const auto build = node.kind == CatalogKind::kKeys ? keyRows : statisticRows;
    // Told a turn later: the call ends with the answer, and must not end within itself.
    node.call = std::make_unique<FactsCall>(
        client, *tablePlaceOf(indexOf(&node)),
        [this, request_id, build, post = owner_thread_.poster()](Result<TableFacts> facts) {
            auto shared = std::make_shared<Result<TableFacts>>(std::move(facts));
            post([this, request_id, build, shared] {
                finish(request_id, *shared ? Result<Children>(build(**shared)) : Result<Children>(shared->error()));
            });
        });
}

QString CatalogModel::loadingText(const CatalogNode& loading) const {
    const auto waited = std::chrono::steady_clock::now() - loading.parent->asked_at;
    return waited < patience_
               ? tr("Loading…")
               : tr("Loading for %1 s…").arg(std::chrono::duration_cast<std::chrono::seconds>(waited).count());
}

void CatalogModel::tellHowLong() {
    for (const auto& [request_id, node] : waiting_) {
        if (!node->children.empty()) {
            const QModelIndex loading = indexOf(node->children.front().get());
            Q_EMIT dataChanged(loading, loading, {Qt::DisplayRole});
        }
    }
}

void CatalogModel::tellWaiting() {
    std::set<QString> now;
    for (const auto& [request_id, node] : waiting_) {
        now.insert(node->enclosing(CatalogKind::kNode)->name);
    }
    const std::set<QString> before = std::exchange(waiting_nodes_, std::move(now));
    if (waiting_.empty()) {
        tick_.stop();
    } else if (!tick_.isActive()) {
        tick_.start();
    }
    for (const QString& node : before) {
        if (waiting_nodes_.count(node) == 0) {
            Q_EMIT waitingChanged(node, false);
        }
    }
    for (const QString& node : waiting_nodes_) {
        if (before.count(node) == 0) {
            Q_EMIT waitingChanged(node, true);
        }
    }
}

void CatalogModel::finish(std::uint64_t request_id, Result<Children> children) {
    const auto waiting = waiting_.find(request_id);
    if (waiting == waiting_.end()) {
        return;
    }
    CatalogNode& node = *waiting->second;
    waiting_.erase(waiting);
    node.call.reset();
    if (children) {
        node.load = CatalogNode::Load::kLoaded;
        replaceChildren(node, std::move(*children));
        tellWaiting();
        return;
    }
    node.load = CatalogNode::Load::kFailed;
    const Error& error = children.error();
    Children failure = oneChild(CatalogKind::kFailure, agentWords(error.message));
    failure.front()->error = error;
    failure.front()->tooltip = text(error.describe());
    replaceChildren(node, std::move(failure));
    tellWaiting();
}

void CatalogModel::replaceChildren(CatalogNode& node, Children children) {
    const QModelIndex index = indexOf(&node);
    if (!node.children.empty()) {
        beginRemoveRows(index, 0, static_cast<int>(node.children.size()) - 1);
        const Children removed = std::exchange(node.children, {});
        // Answers to rows that go must find nothing.
        std::erase_if(waiting_, [&](const auto& entry) {
            const CatalogNode* waits = entry.second;
            while (waits != nullptr && waits->parent != &node) {
                waits = waits->parent;
            }
            return waits != nullptr;
        });
        endRemoveRows();
    }
    if (!children.empty()) {
        beginInsertRows(index, 0, static_cast<int>(children.size()) - 1);
        for (std::size_t i = 0; i < children.size(); ++i) {
            children[i]->parent = &node;
            children[i]->row = static_cast<int>(i);
        }
        node.children = std::move(children);
        endInsertRows();
    }
}

}  // namespace tessera::app

#include "app/core/jobs/job_tables.h"

#include "app/core/documents/yaml_document.h"
#include "app/core/sql/parser.h"
#include "app/core/sql/statement_splitter.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace tessera::app {

namespace {

/// `${day}` is a value in SQL: any other would do.
std::string withoutReferences(std::string_view sql) {
    std::string text;
    for (std::size_t at = 0; at < sql.size();) {
        const std::size_t begin = std::min(sql.find("${", at), sql.size());
        text.append(sql.substr(at, begin - at));
        const std::size_t end = sql.find('}', begin);
        if (begin == sql.size() || end == std::string_view::npos) {
            text.append(sql.substr(begin));
            break;
        }
        text += "NULL";
        at = end + 1;
    }
    return text;
}

/// Walks libpg_query's parse tree: what has a `relname` is a table.
class TableCollector {
  public:
    std::vector<NamedTable> collect(const QJsonValue& tree) {
        collectCtes(tree);
        walk(tree, {});
        return std::move(tables_);
    }

  private:
    void collectCtes(const QJsonValue& value) {
        if (value.isArray()) {
            for (const QJsonValue& one : value.toArray()) {
                collectCtes(one);
            }
        }
        const QJsonObject object = value.toObject();
        if (const QString name = object.value(QLatin1String("ctename")).toString(); !name.isEmpty()) {
            ctes_.insert(name);
        }
        for (const QJsonValue& member : object) {
            collectCtes(member);
        }
    }

    /// `parent` is the kind of node that the value stands in, with the member's name behind a dot.
    void walk(const QJsonValue& value, const QString& parent) {
        if (value.isArray()) {
            for (const QJsonValue& one : value.toArray()) {
                walk(one, parent);
            }
            return;
        }
        const QJsonObject object = value.toObject();
        const QString name = object.value(QLatin1String("relname")).toString();
        if (!name.isEmpty()) {
            add(object.value(QLatin1String("schemaname")).toString(), name, parent);
            return;
        }
        for (auto member = object.begin(); member != object.end(); ++member) {
            // {"InsertStmt": {"relation": …}}: kinds are capitalized, members are not. A RangeVar adds nothing.
            const bool is_kind = member.key().front().isUpper();
            const QString kind = parent.section(u'.', 0, 0);
            const QString place = !is_kind                                    ? kind + u'.' + member.key()
                                  : member.key() == QLatin1String("RangeVar") ? parent
                                                                              : member.key();
            walk(member.value(), place);
        }
    }

    void add(const QString& schema, const QString& name, const QString& place) {
        static const std::set<QString> kWritten{
            QStringLiteral("InsertStmt.relation"),    QStringLiteral("UpdateStmt.relation"),
            QStringLiteral("DeleteStmt.relation"),    QStringLiteral("MergeStmt.relation"),
            QStringLiteral("TruncateStmt.relations"), QStringLiteral("RefreshMatViewStmt.relation"),
            QStringLiteral("CreateTableAsStmt.rel"),  QStringLiteral("SelectStmt.rel"),
            QStringLiteral("CreateStmt.relation"),    QStringLiteral("CopyStmt.relation")};
        const bool is_written = kWritten.count(place) != 0;
        if (schema.isEmpty() && !is_written && ctes_.count(name) != 0) {
            return;
        }
        tables_.push_back({schema.toStdString(), name.toStdString(), is_written});
    }

    std::set<QString> ctes_;
    std::vector<NamedTable> tables_;
};

std::vector<NamedTable> tablesOfStep(const YamlDocument& job, const std::string& step) {
    std::vector<NamedTable> tables;
    const auto add = [&](const std::string& sql) {
        for (NamedTable& table : tablesOf(sql)) {
            tables.push_back(std::move(table));
        }
    };
    for (const char* statement : {"/sql", "/export/query", "/copy/query"}) {
        add(job.value(step + statement));
    }
    if (const std::string into = job.value(step + "/copy/into"); !into.empty()) {
        add("INSERT INTO " + into + " VALUES (1)");
    }
    if (const std::string view = job.value(step + "/refresh"); !view.empty()) {
        add("REFRESH MATERIALIZED VIEW " + view);
    }
    return tables;
}

}  // namespace

std::vector<NamedTable> tablesOf(std::string_view sql) {
    const std::string text = withoutReferences(sql);
    std::vector<NamedTable> tables;
    for (const StatementRange& statement : splitStatements(text)) {
        const std::optional<std::string> tree = parseTreeOf(statement.of(text));
        const QJsonDocument json = tree ? QJsonDocument::fromJson(QByteArray::fromStdString(*tree)) : QJsonDocument();
        for (NamedTable& table : TableCollector().collect(json.object())) {
            tables.push_back(std::move(table));
        }
    }
    return tables;
}

std::vector<JobUse> usesOf(const std::string& job_text, const std::string& node, const std::string& schema,
                           const std::string& table) {
    std::vector<JobUse> uses;
    const Result<YamlDocument> job = YamlDocument::parse(job_text);
    if (!job) {
        return uses;
    }
    const std::vector<std::string> nodes = job->list("nodes");
    if (!nodes.empty() && std::find(nodes.begin(), nodes.end(), node) == nodes.end()) {
        return uses;
    }
    for (std::size_t i = 0; i < job->size("steps"); ++i) {
        const std::string step = "steps/" + std::to_string(i);
        std::optional<JobUse> use;
        for (const NamedTable& named : tablesOfStep(*job, step)) {
            const bool is_meant = named.name == table && (named.schema.empty() ? "public" : named.schema) == schema;
            if (is_meant) {
                use =
                    JobUse{job->value("job"), job->value(step + "/name"), named.is_written || (use && use->is_written)};
            }
        }
        if (use) {
            uses.push_back(std::move(*use));
        }
    }
    return uses;
}

Result<std::vector<JobUse>> jobsThatUse(JobNodes& nodes, const std::string& node, const std::string& schema,
                                        const std::string& table) {
    const auto jobs = TSR_TRY(nodes.ask([](client::JobsClient& client) { return client.list(); }));
    std::vector<JobUse> uses;
    for (const client::JobInfo& job : jobs) {
        const auto details = nodes.ask([&](client::JobsClient& client) { return client.get(job.name, 0); });
        if (!details) {
            uses.push_back({job.name, {}, false, details.error().message});
            continue;
        }
        for (JobUse& use : usesOf(details->text, node, schema, table)) {
            uses.push_back(std::move(use));
        }
    }
    return uses;
}

}  // namespace tessera::app

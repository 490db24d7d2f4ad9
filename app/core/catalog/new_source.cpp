#include "app/core/catalog/new_source.h"

#include "app/core/catalog/catalog_model.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace tessera::app {

namespace {

constexpr const char* kPreviewSchema = "tessera_preview";
constexpr const char* kNoticeMark = "tessera preview ";
constexpr std::uint32_t kTimeout_ms = 60'000;

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(NewSource)
};

/// Means the same whatever standard_conforming_strings says.
QString literal(QString text) {
    const bool has_escapes = text.contains(QLatin1Char('\\'));
    text.replace(QLatin1Char('\\'), QLatin1String("\\\\")).replace(QLatin1Char('\''), QLatin1String("''"));
    return (has_escapes ? QStringLiteral("E'") : QStringLiteral("'")) + text + QLatin1Char('\'');
}

QString optionsClause(const NewSource::Options& options, bool hides_values) {
    QStringList items;
    for (const auto& [name, value] : options) {
        items += identifier(name) + QLatin1Char(' ') + (hides_values ? QStringLiteral("'…'") : literal(value));
    }
    return items.isEmpty() ? QString() : QStringLiteral(" OPTIONS (%1)").arg(items.join(QStringLiteral(", ")));
}

QStringList serverStatements(const NewSource& source, bool hides_values) {
    NewSource::Options options{{QStringLiteral("connector"), source.connector}};
    options.insert(options.end(), source.options.begin(), source.options.end());
    const QString server = identifier(source.name);
    QStringList statements{QStringLiteral("CREATE SERVER ") + server +
                           QStringLiteral(" FOREIGN DATA WRAPPER tessera_fdw") + optionsClause(options, false)};
    if (!source.comment.isEmpty()) {
        statements += QStringLiteral("COMMENT ON SERVER ") + server + QStringLiteral(" IS ") + literal(source.comment);
    }
    statements += QStringLiteral("CREATE USER MAPPING FOR CURRENT_USER SERVER ") + server +
                  optionsClause(source.credentials, hides_values);
    return statements;
}

QString importStatement(const NewSource& source, const QString& into) {
    QStringList tables;
    for (const QString& table : source.tables) {
        tables += identifier(table);
    }
    const QString limit =
        tables.isEmpty() ? QString() : QStringLiteral(" LIMIT TO (%1)").arg(tables.join(QStringLiteral(", ")));
    return QStringLiteral("IMPORT FOREIGN SCHEMA ") + identifier(source.remote_schema) + limit +
           QStringLiteral(" FROM SERVER ") + identifier(source.name) + QStringLiteral(" INTO ") + identifier(into);
}

QStringList creationStatements(const NewSource& source, bool hides_values) {
    QStringList statements = serverStatements(source, hides_values);
    statements += QStringLiteral("CREATE SCHEMA IF NOT EXISTS ") + identifier(source.local_schema);
    statements += importStatement(source, source.local_schema);
    return statements;
}

QString importComments(const NewSource& source) {
    return QStringLiteral("tessera.import_comments(%1, %2, %3)")
        .arg(literal(source.name), literal(source.remote_schema), literal(source.local_schema));
}

/// As a DO block; each statement by EXECUTE, so that no word of it can be taken for the block's own.
client::QueryRequest block(const QStringList& declarations, const QStringList& lines) {
    QString body = declarations.isEmpty()
                       ? QString()
                       : QStringLiteral("DECLARE ") + declarations.join(QLatin1Char(' ')) + QLatin1Char('\n');
    body += QStringLiteral("BEGIN\n") + lines.join(QLatin1Char('\n')) + QStringLiteral("\nEND");
    client::QueryRequest request;
    request.sql = "DO " + literal(body).toStdString();
    request.timeout_ms = kTimeout_ms;
    return request;
}

QStringList executed(const QStringList& statements) {
    QStringList lines;
    for (const QString& statement : statements) {
        lines += QStringLiteral("EXECUTE ") + literal(statement) + QLatin1Char(';');
    }
    return lines;
}

}  // namespace

std::vector<SourceKind> sourceKinds() {
    using Field = SourceKind::Field;
    const auto text = [](const char* option) { return QString::fromLatin1(option); };
    const Field user{text("user"), Texts::tr("User"), {}, false, false, true};
    const Field password{text("password"), Texts::tr("Password"), {}, false, true, true};
    const Field host{text("host"), Texts::tr("Host"), Texts::tr("Name or address"), true, false, false};
    return {
        {text("postgres"),
         QStringLiteral("PostgreSQL"),
         {host,
          {text("port"), Texts::tr("Port"), QStringLiteral("5432"), false, false, false},
          {text("dbname"), Texts::tr("Database"), {}, true, false, false},
          user,
          password},
         QStringLiteral("public")},
        {text("mysql"),
         QStringLiteral("MySQL, MariaDB"),
         {host, {text("port"), Texts::tr("Port"), QStringLiteral("3306"), false, false, false}, user, password},
         {}},
        {text("sqlite"),
         QStringLiteral("SQLite"),
         {{text("database"), Texts::tr("File"), Texts::tr("Absolute path on the node"), true, false, false}},
         QStringLiteral("main")},
        {text("files"),
         Texts::tr("Files (Parquet, CSV, JSON)"),
         {{text("directory"), Texts::tr("Folder"), Texts::tr("Absolute path on the node"), true, false, false}},
         QStringLiteral(".")},
        {text("odbc"),
         QStringLiteral("ODBC"),
         {{text("dsn"), Texts::tr("Data source name"), Texts::tr("As the node's odbc.ini has it"), true, false, false},
          user,
          password},
         {}}};
}

client::QueryRequest previewRequest(const NewSource& source) {
    const QString schema = QString::fromLatin1(kPreviewSchema);
    QStringList lines = executed(serverStatements(source, false));
    lines += executed({QStringLiteral("CREATE SCHEMA ") + schema, importStatement(source, schema)});
    lines += QStringLiteral(
                 "SELECT coalesce(jsonb_agg(t.x ORDER BY t.relname), '[]') INTO found FROM (SELECT c.relname, "
                 "jsonb_build_object('name', c.relname, 'columns', coalesce(jsonb_agg(a.attname || ' ' || "
                 "format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) FILTER (WHERE a.attnum > 0), '[]')) "
                 "AS x FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND "
                 "a.attnum > 0 AND NOT a.attisdropped WHERE c.relnamespace = ") +
             literal(schema) +
             QStringLiteral("::pg_catalog.regnamespace AND c.relkind = 'f' GROUP BY c.oid, c.relname) AS t;");
    lines += QStringLiteral("RAISE NOTICE '%', ") + literal(QString::fromLatin1(kNoticeMark)) +
             QStringLiteral(" || found::text;");
    lines += QStringLiteral("RAISE EXCEPTION 'the preview ends here' USING ERRCODE = ") +
             literal(QString::fromLatin1(kPreviewSqlState)) + QLatin1Char(';');
    return block({QStringLiteral("found jsonb;")}, lines);
}

std::optional<std::vector<PreviewedTable>> readPreview(const client::Notice& notice) {
    const std::string_view mark(kNoticeMark);
    if (!notice.message.starts_with(mark)) {
        return std::nullopt;
    }
    const QByteArray json = QByteArray::fromStdString(notice.message).mid(static_cast<qsizetype>(mark.size()));
    std::vector<PreviewedTable> tables;
    for (const QJsonValue& value : QJsonDocument::fromJson(json).array()) {
        PreviewedTable table;
        table.name = value[QLatin1String("name")].toString();
        for (const QJsonValue& column : value[QLatin1String("columns")].toArray()) {
            table.columns += column.toString();
        }
        tables.push_back(std::move(table));
    }
    return tables;
}

client::QueryRequest createRequest(const NewSource& source) {
    QStringList lines = executed(creationStatements(source, false));
    // It asks the source past its tables' privileges, and so is not for everyone; without comments it is a source, too.
    lines += QStringLiteral("BEGIN PERFORM ") + importComments(source) +
             QStringLiteral("; EXCEPTION WHEN insufficient_privilege THEN NULL; END;");
    return block({}, lines);
}

QString createStatements(const NewSource& source) {
    QStringList statements = creationStatements(source, true);
    statements += QStringLiteral("SELECT ") + importComments(source);
    return statements.join(QStringLiteral(";\n")) + QStringLiteral(";  -- where you may");
}

}  // namespace tessera::app

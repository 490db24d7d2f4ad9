#include "app/core/shards/new_sharded_table.h"

#include "app/core/shards/shard_map.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <algorithm>
#include <optional>
#include <set>

namespace tessera::app {

namespace {

using Field = ShardingProblem::Field;
using Method = NewShardedTable::Method;

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(NewShardedTable)
};

constexpr std::uint32_t kTryTimeout_ms = 60'000;
// Looking at rows, and waiting for the nodes.
constexpr std::uint32_t kDeclareTimeout_ms = 30 * 60'000;

constexpr const char* kColumnsStatement = R"sql(
SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),
       coalesce(a.attfdwoptions && '{key=true,key=on,key=1}'::text[], false)::text
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE n.nspname = $1 AND c.relname = $2 ORDER BY a.attnum)sql";

const char* nameOf(Method method) {
    return method == Method::kHash ? "hash" : method == Method::kRange ? "range" : "list";
}

/// In double quotes, as JSON has them, which is YAML.
QString quoted(const QString& text) {
    QString json = QString::fromUtf8(QJsonDocument(QJsonArray{text}).toJson(QJsonDocument::Compact));
    return json.mid(1, json.size() - 2);
}

/// Without quotes where no reader of YAML takes it for anything but this text.
QString scalar(const QString& text) {
    static const QRegularExpression plain(QStringLiteral("^[A-Za-z_][A-Za-z0-9_]*([./ (,)]+[A-Za-z0-9_]+)*\\)?$"));
    static const QRegularExpression word(QStringLiteral("^(true|false|yes|no|on|off|null|y|n)$"),
                                         QRegularExpression::CaseInsensitiveOption);
    return plain.match(text).hasMatch() && !word.match(text).hasMatch() ? text : quoted(text);
}

/// Within a list or a map in braces.
QString flowScalar(const QString& text) {
    return text.contains(QLatin1Char(',')) ? quoted(text) : scalar(text);
}

QString list(const QStringList& texts, QString (*write)(const QString&)) {
    QStringList written;
    for (const QString& text : texts) {
        written += write(text);
    }
    return QLatin1Char('[') + written.join(QStringLiteral(", ")) + QLatin1Char(']');
}

QString boundOf(Method method, const NewShardedTable::Shard& shard) {
    if (method == Method::kHash) {
        return {};
    }
    if (shard.is_default) {
        return QStringLiteral(", default: true");
    }
    QString bound;
    if (method == Method::kList && !shard.values.isEmpty()) {
        bound += QStringLiteral(", values: ") + list(shard.values, quoted);
    }
    if (method == Method::kRange && !shard.from.isEmpty()) {
        bound += QStringLiteral(", from: ") + list(shard.from, quoted);
    }
    if (method == Method::kRange && !shard.to.isEmpty()) {
        bound += QStringLiteral(", to: ") + list(shard.to, quoted);
    }
    return bound;
}

/// Which shard a node's message speaks of.
int shardIn(const QString& message, const NewShardedTable& table) {
    static const QRegularExpression number(QStringLiteral("\\bshards? (?:\\d+ and )?(\\d+)\\b"));
    int found = -1;
    for (auto matches = number.globalMatch(message); matches.hasNext();) {
        found = matches.next().captured(1).toInt();
    }
    for (std::size_t i = 0; found < 0 && i < table.shards.size(); ++i) {
        found = message.contains(table.shards[i].at()) ? static_cast<int>(i) : -1;
    }
    return found < static_cast<int>(table.shards.size()) ? found : -1;
}

/// Of a message without its place in the file.
ShardingProblem placed(const QString& message, Field field, int shard, const NewShardedTable& table) {
    if (message.contains(QLatin1String("shard_by names")) ||
        message.contains(QLatin1String("the columns of 'shard_by'"))) {
        field = Field::kShardBy;
    } else if (message.startsWith(QLatin1String("key names")) || message.contains(QLatin1String("the key lacks"))) {
        field = Field::kKey;
    } else if (message.contains(QLatin1String("another table of that name")) ||
               message.contains(QLatin1String("is there already"))) {
        field = Field::kName;
    } else if (const int named = shardIn(message, table); named >= 0) {
        field = Field::kShards;
        shard = named;
    }
    static const QRegularExpression number(QStringLiteral("^shard \\d+: "));
    const QString text = QString(message).remove(shard >= 0 ? number : QRegularExpression());
    return {field, field == Field::kShards ? shard : -1, sentenceOf(text)};
}

}  // namespace

ShardingFile shardingFile(const NewShardedTable& table) {
    ShardingFile file;
    const auto add = [&file](const QString& line, Field field, int shard = -1) {
        file.text += line + QLatin1Char('\n');
        file.lines.emplace_back(field, shard);
    };
    add(QStringLiteral("tables:"), Field::kOther);
    add(QStringLiteral("  - name: ") + scalar(table.name), Field::kName);
    // Names of columns stand as they are: 'shard_by' knows no quotes within.
    const QString way =
        QStringLiteral("%1 (%2)").arg(QLatin1String(nameOf(table.method)), table.shard_by.join(QStringLiteral(", ")));
    add(QStringLiteral("    shard_by: ") + scalar(way), Field::kShardBy);
    if (!table.key.isEmpty()) {
        add(QStringLiteral("    key: ") + list(table.key, flowScalar), Field::kKey);
    }
    if (!table.readers.isEmpty()) {
        add(QStringLiteral("    readers: ") + list(table.readers, flowScalar), Field::kRights);
    }
    if (!table.writers.isEmpty()) {
        add(QStringLiteral("    writers: ") + list(table.writers, flowScalar), Field::kRights);
    }
    if (!table.checks_rows) {
        add(QStringLiteral("    check_rows: false"), Field::kOther);
    }
    add(QStringLiteral("    shards:"), Field::kShards);
    for (std::size_t i = 0; i < table.shards.size(); ++i) {
        const NewShardedTable::Shard& shard = table.shards[i];
        add(QStringLiteral("      - {at: %1%2}").arg(flowScalar(shard.at()), boundOf(table.method, shard)),
            Field::kShards, static_cast<int>(i));
    }
    return file;
}

std::vector<ShardingProblem> missingOf(const NewShardedTable& table) {
    std::vector<ShardingProblem> problems;
    const auto add = [&](Field field, const QString& text, int shard = -1) {
        problems.push_back({field, shard, text});
    };
    static const QRegularExpression name(QStringLiteral("^[^./\\s][^./]*\\.[^./]*[^./\\s]$"));
    if (table.name.isEmpty()) {
        add(Field::kName, Texts::tr("Give it a name: schema and name, as in sales.orders"));
    } else if (!name.match(table.name).hasMatch()) {
        add(Field::kName, Texts::tr("“%1” is no schema and name: write it as sales.orders").arg(table.name));
    }
    if (table.shards.empty()) {
        add(Field::kShards, Texts::tr("Choose the tables that it is made of"));
    } else if (table.shard_by.isEmpty()) {
        add(Field::kShardBy, Texts::tr("Choose the columns that decide where a row goes"));
    } else if (table.method == Method::kList && table.shard_by.size() > 1) {
        add(Field::kShardBy, Texts::tr("A list goes by one column"));
    }
    QStringList lacking;
    for (const QString& column : table.shard_by) {
        if (!table.key.isEmpty() && !table.key.contains(column)) {
            lacking += column;
        }
    }
    if (!lacking.isEmpty()) {
        add(Field::kKey,
            Texts::tr("The key lacks %1, by which rows go to their shards").arg(lacking.join(QStringLiteral(", "))));
    }
    std::set<QString> seen;
    for (std::size_t i = 0; i < table.shards.size(); ++i) {
        const NewShardedTable::Shard& shard = table.shards[i];
        const int number = static_cast<int>(i);
        if (!seen.insert(shard.at()).second) {
            add(Field::kShards, Texts::tr("It stands here twice"), number);
        }
        if (table.method == Method::kList && !shard.is_default && shard.values.isEmpty()) {
            add(Field::kShards, Texts::tr("Write its values, or let it have the rest"), number);
        }
        for (const QStringList* side : {&shard.from, &shard.to}) {
            if (table.method == Method::kRange && !shard.is_default && !side->isEmpty() && !table.shard_by.isEmpty() &&
                side->size() != table.shard_by.size()) {
                add(Field::kShards,
                    Texts::tr("Write a value for each of %1").arg(table.shard_by.join(QStringLiteral(", "))), number);
                break;
            }
        }
    }
    return problems;
}

std::vector<ShardingProblem> problemsOf(const Error& error, const ShardingFile& file, const NewShardedTable& table) {
    static const QRegularExpression place(QStringLiteral("^mesh(?::(\\d+))?(?::\\d+)?: "));
    QStringList messages{QString::fromStdString(error.message)};
    if (!error.hint.empty()) {
        messages.front() += QStringLiteral(" (%1)").arg(QString::fromStdString(error.hint));
    }
    // One error for all: the others are its detail, a line each.
    messages += QString::fromStdString(error.detail).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    std::vector<ShardingProblem> problems;
    for (QString& message : messages) {
        const QRegularExpressionMatch match = place.match(message);
        if (!match.hasMatch()) {
            problems.push_back(placed(message, Field::kOther, -1, table));
            continue;
        }
        message.remove(0, match.capturedLength());
        if (message.startsWith(table.name + QStringLiteral(": "))) {
            message.remove(0, table.name.size() + 2);
        }
        const auto line = static_cast<std::size_t>(match.captured(1).toInt());
        const auto [field, shard] =
            line >= 1 && line <= file.lines.size() ? file.lines[line - 1] : std::pair(Field::kOther, -1);
        problems.push_back(placed(message, field, shard, table));
    }
    return problems;
}

QString declareStatement(const QString& file) {
    QString tag = QStringLiteral("$mesh$");
    for (int i = 1; file.contains(tag); ++i) {
        tag = QStringLiteral("$mesh%1$").arg(i);
    }
    return QStringLiteral("SELECT * FROM tessera.apply_mesh(%1\n%2%1);").arg(tag, file);
}

client::QueryRequest declareRequest(const QString& file) {
    return {.sql = "SELECT * FROM tessera.apply_mesh($1)",
            .parameters = {{file.toStdString(), "text"}},
            .batch_bytes = 0,
            .timeout_ms = kDeclareTimeout_ms};
}

client::QueryRequest tryShardingRequest(const QString& file) {
    return {.sql = "SELECT * FROM tessera.apply_mesh($1, true)",
            .parameters = {{file.toStdString(), "text"}},
            .batch_bytes = 0,
            .timeout_ms = kTryTimeout_ms};
}

client::QueryRequest placeColumnsRequest(const QString& place) {
    return {.sql = kColumnsStatement,
            .parameters = {{place.section(QLatin1Char('.'), 0, 0).toStdString(), "text"},
                           {place.section(QLatin1Char('.'), 1).toStdString(), "text"}}};
}

std::vector<PlaceColumn> readPlaceColumns(const RowsQuery::Rows& rows) {
    std::vector<PlaceColumn> columns;
    for (const RowsQuery::Row& row : rows) {
        if (row.size() == 3) {
            columns.push_back({row[0], row[1], row[2] == QLatin1String("true")});
        }
    }
    return columns;
}

QStringList splitValues(const QString& text) {
    QStringList values;
    QString value;
    bool is_quoted = false;
    bool was_quoted = false;
    const auto finish = [&] {
        const QString whole = was_quoted ? value : value.trimmed();
        if (was_quoted || !whole.isEmpty()) {
            values += whole;
        }
        value.clear();
        was_quoted = false;
    };
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        if (is_quoted && c == QLatin1Char('\'') && i + 1 < text.size() && text[i + 1] == c) {
            value += c;
            ++i;
        } else if (c == QLatin1Char('\'') && (is_quoted || value.trimmed().isEmpty())) {
            is_quoted = !is_quoted;
            value = is_quoted ? QString() : value;
            was_quoted = true;
        } else if (c == QLatin1Char(',') && !is_quoted) {
            finish();
        } else if (!was_quoted || is_quoted) {
            value += c;
        }
    }
    finish();
    return values;
}

QString joinValues(const QStringList& values) {
    QStringList written;
    for (QString value : values) {
        const bool needs_quotes = value.isEmpty() || value != value.trimmed() || value.contains(QLatin1Char(',')) ||
                                  value.startsWith(QLatin1Char('\''));
        written += needs_quotes
                       ? QLatin1Char('\'') + value.replace(QLatin1Char('\''), QLatin1String("''")) + QLatin1Char('\'')
                       : value;
    }
    return written.join(QStringLiteral(", "));
}

}  // namespace tessera::app

#pragma once

/// A source that a person is about to add to a node: the statements that try it out and that add it. Both are one DO
/// block, so that either all of it is there in the end or nothing. Values; pure.

#include "nodeservice/client/types.h"

#include <QString>
#include <QStringList>
#include <optional>
#include <utility>
#include <vector>

namespace tessera::app {

/// What is asked of whoever adds a source of this kind.
struct SourceKind {
    struct Field {
        QString option;
        QString label;
        QString hint;
        bool is_required = false;
        bool is_secret = false;
        /// Of the user mapping, not of the server.
        bool is_credential = false;
    };

    QString connector;
    QString title;
    std::vector<Field> fields;
    QString default_schema;
};

/// Those that describe themselves; what a node's administrator configures besides is its own.
std::vector<SourceKind> sourceKinds();

struct NewSource {
    using Options = std::vector<std::pair<QString, QString>>;

    QString name;
    QString connector;
    QString comment;
    Options options;
    Options credentials;
    QString remote_schema;
    QString local_schema;
    /// Of the source's tables those to be had; all when empty.
    QStringList tables;
};

/// A table as the source would be imported.
struct PreviewedTable {
    QString name;
    /// "name type", in order.
    QStringList columns;
};

/// Makes the source, imports it, tells of the tables in a notice and takes all of it back: the statement ends with
/// kPreviewSqlState. The source's schemas here are not touched.
client::QueryRequest previewRequest(const NewSource& source);
/// What the notice says; none for a notice of somebody else's.
std::optional<std::vector<PreviewedTable>> readPreview(const client::Notice& notice);

inline constexpr const char* kPreviewSqlState = "TS100";

client::QueryRequest createRequest(const NewSource& source);
/// The same for people to read, with secrets left out.
QString createStatements(const NewSource& source);

}  // namespace tessera::app

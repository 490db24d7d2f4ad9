#include "nodeservice/catalog/source_sql.h"

#include "common/strings.h"

#include <algorithm>

namespace tessera::catalog {

namespace {

/// A literal that means the same whatever standard_conforming_strings says.
std::string literal(std::string_view text) {
    if (text.find('\\') == std::string_view::npos) {
        return quoteLiteral(text);
    }
    std::string escaped;
    for (const char c : text) {
        escaped += c;
        if (c == '\\') {
            escaped += c;
        }
    }
    return "E" + quoteLiteral(escaped);
}

std::string option(const std::string& name, const std::string& value) {
    return quoteIdentifier(name) + " " + literal(value);
}

/// " OPTIONS (…)", or nothing.
std::string optionsClause(const std::vector<std::string>& options) {
    return options.empty() ? std::string() : " OPTIONS (" + join(options, ", ") + ")";
}

std::vector<std::string> optionTexts(const Options& options) {
    std::vector<std::string> texts;
    for (const auto& [name, value] : options) {
        texts.push_back(option(name, value));
    }
    return texts;
}

std::string importSql(const Source& source, const SchemaImport& import) {
    std::string limit;
    if (!import.tables.empty()) {
        std::vector<std::string> names;
        for (const std::string& table : import.tables) {
            names.push_back(quoteIdentifier(table));
        }
        limit = " LIMIT TO (" + join(names, ", ") + ")";
    }
    return "IMPORT FOREIGN SCHEMA " + quoteIdentifier(import.schema) + limit + " FROM SERVER " +
           quoteIdentifier(source.name) + " INTO " + quoteIdentifier(import.into);
}

std::string tableSql(const Source& source, const SourceTable& table) {
    std::vector<std::string> columns;
    for (const SourceColumn& column : table.columns) {
        // The type is SQL, not a name: it may have a modifier. The configuration is the node owner's.
        columns.push_back(quoteIdentifier(column.name) + " " + column.type +
                          optionsClause(optionTexts(column.options)) + (column.not_null ? " NOT NULL" : ""));
    }
    const std::string name = quoteIdentifier(table.schema) + "." + quoteIdentifier(table.name);
    std::string sql = "CREATE FOREIGN TABLE " + name + " (" + join(columns, ", ") + ") SERVER " +
                      quoteIdentifier(source.name) + optionsClause(optionTexts(table.options));
    if (!table.comment.empty()) {
        sql += "; COMMENT ON FOREIGN TABLE " + name + " IS " + literal(table.comment);
    }
    return sql;
}

/// A list of roles; empty: nobody.
std::string readersOf(const Source& source) {
    if (!source.readers) {
        return kReaderGroup;
    }
    std::vector<std::string> names;
    for (const std::string& role : *source.readers) {
        names.push_back(quoteIdentifier(role));
    }
    return join(names, ", ");
}

}  // namespace

std::string createServerSql(const Source& source) {
    std::vector<std::string> options = {option("connector", source.connector)};
    for (std::string& text : optionTexts(source.options)) {
        options.push_back(std::move(text));
    }
    const std::string server = quoteIdentifier(source.name);
    std::string sql = "CREATE SERVER " + server + " FOREIGN DATA WRAPPER tessera_fdw" + optionsClause(options) + ";\n";
    if (!source.comment.empty()) {
        sql += "COMMENT ON SERVER " + server + " IS " + literal(source.comment) + ";\n";
    }
    std::vector<std::string> credentials;
    for (const auto& [name, secret] : source.credentials) {
        credentials.push_back(option(name, secret.reveal()));
    }
    // Else for all users of the node alike. Without USAGE on the server nobody but the superuser can read the options
    // back.
    const char* user = source.is_delegated ? "CURRENT_USER" : "PUBLIC";
    sql += std::string("CREATE USER MAPPING FOR ") + user + " SERVER " + server + optionsClause(credentials);
    return sql;
}

std::vector<std::string> createTablesSql(const Source& source) {
    std::vector<std::string> steps;
    for (const std::string& schema : schemasOf(source)) {
        steps.push_back("CREATE SCHEMA IF NOT EXISTS " + quoteIdentifier(schema));
    }
    for (const SchemaImport& import : source.imports) {
        steps.push_back(importSql(source, import));
        // IMPORT FOREIGN SCHEMA takes no comments.
        steps.push_back("SELECT tessera.import_comments(" + literal(source.name) + ", " + literal(import.schema) +
                        ", " + literal(import.into) + ")");
    }
    for (const SourceTable& table : source.tables) {
        steps.push_back(tableSql(source, table));
    }
    for (const std::string& schema : schemasOf(source)) {
        const std::string name = quoteIdentifier(schema);
        if (const std::string readers = readersOf(source); !readers.empty()) {
            steps.push_back("GRANT USAGE ON SCHEMA " + name + " TO " + readers +
                            "; GRANT SELECT ON ALL TABLES IN SCHEMA " + name + " TO " + readers);
        }
    }
    return steps;
}

std::vector<std::string> schemasOf(const Source& source) {
    std::vector<std::string> schemas;
    const auto add = [&](const std::string& name) {
        if (std::find(schemas.begin(), schemas.end(), name) == schemas.end()) {
            schemas.push_back(name);
        }
    };
    for (const SchemaImport& import : source.imports) {
        add(import.into);
    }
    for (const SourceTable& table : source.tables) {
        add(table.schema);
    }
    return schemas;
}

}  // namespace tessera::catalog

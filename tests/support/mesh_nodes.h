#pragma once

/// Three real nodes that hold one store, reach each other as peers, and have a source each: a database of one
/// PostgreSQL server, imported as the schema `crm`. The first two have the label zone=eu, the third zone=us. Scripts in
/// a node's folder `init` are run when it starts. Besides, that server has a database `plain` to compare with.

#include "nodeservice/postgres/connection.h"
#include "tests/support/store_nodes.h"
#include "tests/support/temporary_postgres.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace tessera {

class MeshNodes {
  public:
    /// By the node's number: texts by file name.
    using Files = std::map<std::size_t, std::map<std::string, std::string>>;

    /// `sql`: run in each node's source database before the nodes start. `files`: what the folder of each node's other
    /// source holds, which is imported as the schema `files`. `more`: sections of every node's configuration. `init`:
    /// run at each node when it starts, as its administrator.
    explicit MeshNodes(const std::string& sql, Files files = {}, Nodes::Links links = Nodes::Links::kNone,
                       std::string more = {}, std::string init = {})
        : files_(std::move(files)), more_(std::move(more)), init_(std::move(init)) {
        auto server =
            TemporaryPostgres::start({.settings = {{"max_prepared_transactions", "20"}, {"max_connections", "300"}}});
        EXPECT_TRUE(server) << server.error().describe();
        server_ = std::make_unique<TemporaryPostgres>(std::move(*server));
        EXPECT_TRUE(server_->execute("CREATE DATABASE plain"));
        for (std::size_t i = 0; i < kMembers; ++i) {
            EXPECT_TRUE(server_->execute("CREATE DATABASE " + databaseOf(i)));
            const auto made = server_->execute(sql, databaseOf(i));
            EXPECT_TRUE(made) << made.error().describe();
        }
        nodes_ = std::make_unique<Nodes>(
            links, NodesMore{.sections_of = [this](std::size_t i, Nodes& nodes) { return sectionsOf(i, nodes); }});
        nodes_->start();
    }

    TemporaryNode& at(std::size_t i) { return nodes_->at(i); }

    /// Their links are those of the store: peers speak to each other directly.
    Nodes& nodes() { return *nodes_; }

    TemporaryPostgres& server() { return *server_; }

    static std::string databaseOf(std::size_t i) { return "crm_" + Nodes::nameOf(i); }

    /// Signed in at the node as TemporaryNode::kUser, or another of its users.
    postgres::Connection connect(std::size_t i, const std::string& user = TemporaryNode::kUser,
                                 const std::string& password = TemporaryNode::kPassword) {
        auto connection = at(i).connect(user, password);
        EXPECT_TRUE(connection) << connection.error().describe();
        return std::move(*connection);
    }

    /// At the server itself, in a node's source or in `plain`.
    postgres::Connection direct(const std::string& database) {
        auto connection = server_->connect(database);
        EXPECT_TRUE(connection) << connection.error().describe();
        return std::move(*connection);
    }

  private:
    std::string sectionsOf(std::size_t i, Nodes& nodes) const {
        const std::filesystem::path folder = nodes.at(i).folder() / "files";
        std::filesystem::create_directories(folder);
        if (const auto texts = files_.find(i); texts != files_.end()) {
            for (const auto& [name, text] : texts->second) {
                writeFile(folder / name, text);
            }
        }
        writeFile(nodes.at(i).folder() / "init/1.sql", init_);
        std::string yaml = "init: '" + (nodes.at(i).folder() / "init").string() + "'\nmesh: {administrators: [" +
                           std::string(TemporaryNode::kUser) + "], labels: [zone=" + (i < 2 ? "eu" : "us") + "]}\n" +
                           more_ + "sources:\n  - {name: files, connector: files, options: {directory: '" +
                           folder.string() +
                           "'}, import: [{schema: '.', into: files}]}\n  - {name: crm, connector: postgres, options: "
                           "{host: 127.0.0.1, port: '" +
                           std::to_string(server_->port()) + "', dbname: " + databaseOf(i) +
                           "}, credentials: {user: postgres, password: '" + TemporaryPostgres::kPassword +
                           "'}, import: [{schema: public, into: crm}]}\npeers:\n";
        for (std::size_t to = 0; to < kMembers; ++to) {
            if (to != i) {
                yaml += "  - {name: " + Nodes::nameOf(to) +
                        ", address: '127.0.0.1:" + std::to_string(nodes.portOf(to)) +
                        "', user: " + TemporaryNode::kUser + ", password: '" + TemporaryNode::kPassword + "'}\n";
            }
        }
        return yaml;
    }

    const Files files_;
    const std::string more_;
    const std::string init_;
    std::unique_ptr<TemporaryPostgres> server_;
    std::unique_ptr<Nodes> nodes_;
};

/// A line for each row; "error SQLSTATE what" where there is one.
inline std::string answerOf(postgres::Connection& connection, const std::string& sql) {
    const auto rows = connection.query(sql);
    if (!rows) {
        return "error " + rows.error().sqlstate + " " + rows.error().describe();
    }
    std::string text;
    for (const auto& row : rows->values) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            text += (i == 0 ? "" : "|") + row[i].value_or("NULL");
        }
        text += "\n";
    }
    return text;
}

/// Again where it is to be tried again, as while a node has not read the newest shard map on a busy machine.
inline std::string answerAgain(postgres::Connection& connection, const std::string& sql) {
    std::string answer;
    EXPECT_TRUE(waitUntil([&] { return !(answer = answerOf(connection, sql)).starts_with("error 40001"); }, kPatience))
        << answer;
    return answer;
}

/// How often `word` stands in a text, a plan.
inline std::size_t count(const std::string& text, const std::string& word) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += word.size()) {
        ++found;
    }
    return found;
}

/// A statement about tables of the schema `sales` as one about those of the database `plain`.
inline std::string plainOf(std::string sql) {
    for (std::size_t at = 0; (at = sql.find("sales.", at)) != std::string::npos;) {
        sql.erase(at, 6);
    }
    return sql;
}

}  // namespace tessera

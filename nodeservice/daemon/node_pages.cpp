// What a node tells everybody who asks: whether it answers, its version and key, its metrics.
#include "nodeservice/daemon/node.h"
#include "nodeservice/gateway/metrics_text.h"
#include "nodeservice/rest/docs_page.h"

#include <chrono>
#include <string>

namespace tessera::node {

gateway::HttpPages Node::pages() {
    return {{"/healthz",
             [] {
                 return gateway::HttpResponse{200, "text/plain; charset=utf-8", "ok\n"};
             }},
            {"/readyz", [this] { return readiness(); }},
            {"/version",
             [this] {
                 // Names and versions hold nothing that JSON would have to escape, but a node's name may.
                 std::string name;
                 for (const char c : config_.name) {
                     name += (c == '"' || c == '\\') ? std::string{'\\', c} : std::string{c};
                 }
                 return gateway::HttpResponse{
                     200, "application/json",
                     R"({"program":"tessera-node","version":")" + version_ + R"(","node":")" + name + "\"}\n"};
             }},
            {"/.well-known/jwks.json",
             [this] {
                 return gateway::HttpResponse{200, "application/json", key_.jwkSet()};
             }},
            {"/docs", [] { return rest::docsPage(); }},
            {"/metrics", [this] { return metrics(); }}};
}

gateway::HttpResponse Node::readiness() const {
    if (isReady()) {
        return {200, "text/plain; charset=utf-8", "ready\n"};
    }
    return {503, "text/plain; charset=utf-8", serving_ ? "PostgreSQL is being restarted\n" : "starting\n"};
}

gateway::HttpResponse Node::metrics() const {
    const query::Statistics& queries = executor_.statistics();
    gateway::MetricsText text;
    const auto number = [&text](const char* name, const char* type, const char* help, auto value) {
        text.metric(name, type, help);
        text.sample(static_cast<double>(value));
    };
    text.metric("tessera_build_info", "gauge", "The node's version.");
    text.sample(1, {{"node", config_.name}, {"version", version_}});
    number("tessera_uptime_seconds", "gauge", "Since the node was started.",
           std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count());
    number("tessera_ready", "gauge", "1 while the node answers.", isReady() ? 1 : 0);
    number("tessera_queries_total", "counter", "Statements started through gRPC and REST.", queries.statements.load());
    number("tessera_queries_failed_total", "counter", "Those that ended with an error.", queries.failed.load());
    number("tessera_queries_active", "gauge", "Those that run now.", queries.active.load());
    number("tessera_open_sessions", "gauge", "Sessions that clients of gRPC keep over several statements.",
           executor_.openSessions());
    number("tessera_query_rows_total", "counter", "Rows sent.", queries.rows.load());
    number("tessera_query_bytes_total", "counter", "Bytes of values sent.", queries.bytes.load());
    number("tessera_connections", "gauge", "Connections at the gateway.", gateway_ ? gateway_->connections() : 0);
    number("tessera_pooled_sessions", "gauge", "PostgreSQL sessions kept for reuse.",
           gateway_ ? gateway_->idleSessions() : 0);
    number("tessera_connections_refused_total", "counter", "Connections and sign-ins that were refused.",
           gateway_ ? gateway_->refusals() : 0);
    number("tessera_audit_records_total", "counter", "Statements written down.", audit_ ? audit_->written() : 0);
    number("tessera_audit_lost_total", "counter", "Statements that could not be told or written down.",
           audit_ ? audit_->lost() : 0);
    number("tessera_audit_not_in_table_total", "counter", "Statements that are in the file, not in the table.",
           audit_ ? audit_->missingInTable() : 0);
    number("tessera_postgres_up", "gauge", "1 while the node's PostgreSQL runs.", supervisor_.isRunning() ? 1 : 0);
    number("tessera_postgres_restarts_total", "counter", "How often it ended by itself and was started again.",
           supervisor_.restarts());
    number("tessera_init_failed", "gauge", "1 when an init script failed.", preparation_.initError().empty() ? 0 : 1);
    addStoreMetrics(text);
    text.metric("tessera_source_prepared", "gauge", "1 for a source whose tables are there, 0 for one that failed.");
    for (const catalog::SourceState& state : preparation_.states()) {
        text.sample(state.error.empty() ? 1 : 0, {{"source", state.name}, {"connector", state.connector}});
    }
    return {200, gateway::MetricsText::kContentType, text.text()};
}

void Node::addStoreMetrics(gateway::MetricsText& text) const {
    if (!serving_) {
        return;
    }
    const store::ReplicaStatus status = store_->status();
    const auto number = [&text](const char* name, const char* type, const char* help, auto value) {
        text.metric(name, type, help);
        text.sample(static_cast<double>(value));
    };
    number("tessera_store_leader", "gauge", "1 on the member that leads the store.",
           status.role == store::raft::Role::kLeader ? 1 : 0);
    number("tessera_store_has_leader", "gauge", "1 while this member knows who leads.",
           status.leader != store::raft::kNoNode ? 1 : 0);
    number("tessera_store_faulty", "gauge", "1 when this member takes part no more.", status.fault ? 1 : 0);
    number("tessera_store_term", "counter", "The store's term.", status.term);
    number("tessera_store_commit_index", "counter", "The last entry of which the member knows that it is committed.",
           status.commit);
    number("tessera_store_applied_index", "counter", "The last entry that its data hold.", status.applied);
    number("tessera_store_log_bytes", "gauge", "The entries that its log holds.", status.log_bytes);
    jobs_->addMetrics(text);
    text.metric("tessera_endpoint_calls_total", "counter", "Calls of each endpoint.");
    for (const auto& [name, usage] : endpoints_->endpoints().usage()) {
        text.sample(static_cast<double>(usage.calls), {{"endpoint", name}});
    }
}

}  // namespace tessera::node

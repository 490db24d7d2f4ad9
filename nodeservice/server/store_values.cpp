#include "nodeservice/server/store_values.h"

#include "nodeservice/proto/store.pb.h"

#include <google/protobuf/util/json_util.h>

#include <type_traits>
#include <utility>
#include <variant>

namespace tessera::server {

using store::sqlite::Blob;
using store::sqlite::Value;

Value toValue(const v1::StoreValue& in) {
    switch (in.value_case()) {
        case v1::StoreValue::kInteger:
            return static_cast<std::int64_t>(in.integer());
        case v1::StoreValue::kReal:
            return in.real();
        case v1::StoreValue::kText:
            return in.text();
        case v1::StoreValue::kBlob:
            return Blob{in.blob()};
        case v1::StoreValue::VALUE_NOT_SET:
            break;
    }
    return std::monostate();
}

void fill(v1::StoreValue& out, Value value) {
    std::visit(
        [&out](auto&& held) {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, std::int64_t>) {
                out.set_integer(held);
            } else if constexpr (std::is_same_v<T, double>) {
                out.set_real(held);
            } else if constexpr (std::is_same_v<T, std::string>) {
                out.set_text(std::move(held));
            } else if constexpr (std::is_same_v<T, Blob>) {
                out.set_blob(std::move(held.bytes));
            }
        },
        std::move(value));
}

store::SqlStatement toStatement(const v1::StoreStatement& in) {
    store::SqlStatement statement{in.sql(), {}};
    for (const v1::StoreValue& parameter : in.parameters()) {
        statement.parameters.push_back(toValue(parameter));
    }
    return statement;
}

void fill(v1::StoreExecuteResponse& out, const store::Execution& execution) {
    using Fate = store::Execution::Fate;
    out.Clear();
    out.set_index(execution.index);
    switch (execution.fate) {
        case Fate::kApplied:
            out.set_fate(v1::STORE_FATE_APPLIED);
            break;
        case Fate::kRefused:
            out.set_fate(v1::STORE_FATE_REFUSED);
            break;
        case Fate::kUnknown:
            out.set_fate(v1::STORE_FATE_UNKNOWN);
            break;
    }
    if (execution.fate != Fate::kApplied) {
        out.set_error(execution.error.message);
        out.set_hint(execution.error.hint);
        out.set_error_code(static_cast<std::uint32_t>(execution.error.code));
        return;
    }
    for (const store::StatementOutcome& statement : execution.outcome.statements) {
        v1::StoreStatementResult& result = *out.add_results();
        result.set_changes(statement.changes);
        result.set_last_rowid(statement.last_rowid);
        result.mutable_columns()->Add(statement.columns.begin(), statement.columns.end());
        for (const auto& row : statement.rows) {
            v1::StoreRow& added = *result.add_rows();
            for (const Value& value : row) {
                fill(*added.add_values(), value);
            }
        }
    }
    if (!execution.outcome.error.empty()) {
        out.set_error(execution.outcome.error);
        out.set_error_code(static_cast<std::uint32_t>(ErrorCode::kInvalidArgument));
        out.set_failed_statement(execution.outcome.failed);
    }
}

void fill(v1::StoreMember& out, store::raft::NodeId id, const StoreFactsOf& facts_of) {
    StoreMemberFacts facts = facts_of(id);
    out.set_id(id);
    out.set_node(std::move(facts.node));
    out.set_address(std::move(facts.address));
}

void fill(v1::StoreStatusResponse& out, const store::ReplicaStatus& status, const StoreFactsOf& facts_of) {
    const auto fillMember = [&](v1::StoreMember& member, store::raft::NodeId id) { fill(member, id, facts_of); };
    fillMember(*out.mutable_member(), status.id);
    switch (status.role) {
        case store::raft::Role::kLeader:
            out.set_role("leader");
            break;
        case store::raft::Role::kFollower:
            out.set_role("follower");
            break;
        case store::raft::Role::kPreCandidate:
        case store::raft::Role::kCandidate:
            out.set_role("candidate");
            break;
    }
    if (status.leader != store::raft::kNoNode) {
        fillMember(*out.mutable_leader(), status.leader);
    }
    out.set_term(status.term);
    out.set_commit_index(status.commit);
    out.set_durable_index(status.durable);
    out.set_applied_index(status.applied);
    out.set_hash(status.hash);
    out.set_log_base(status.log_base);
    out.set_log_bytes(status.log_bytes);
    out.set_snapshot_index(status.snapshot);
    for (const store::raft::NodeId id : status.membership.voters) {
        fillMember(*out.add_voters(), id);
    }
    for (const store::raft::NodeId id : status.membership.learners) {
        fillMember(*out.add_learners(), id);
    }
    for (const store::raft::NodeId id : status.membership.outgoing) {
        fillMember(*out.add_outgoing(), id);
    }
    if (status.fault) {
        out.set_fault(status.fault->message);
    }
    out.set_unapplied_bytes(status.unapplied_bytes);
    out.set_pending_writes(status.pending);
    for (const store::PeerStatus& peer : status.peers) {
        v1::StorePeerStatus& added = *out.add_peers();
        fillMember(*added.mutable_member(), peer.id);
        added.set_match_index(peer.match);
        added.set_messages_in_flight(static_cast<std::uint32_t>(peer.messages_in_flight));
        added.set_bytes_in_flight(peer.bytes_in_flight);
        added.set_is_active(peer.is_active);
        added.set_is_installing(peer.is_installing);
        added.set_latency_us(static_cast<std::uint64_t>(peer.latency.count()));
    }
    out.set_time_ms(store::Clock().wallMs());
}

std::size_t weightOf(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        return text->size() + 8;
    }
    const auto* blob = std::get_if<Blob>(&value);
    return 8 + (blob == nullptr ? 0 : blob->bytes.size());
}

std::string toJson(const v1::StoreStatusResponse& status) {
    google::protobuf::util::JsonPrintOptions options;
    options.always_print_primitive_fields = true;
    options.preserve_proto_field_names = true;
    std::string json;
    // It has no member that JSON could not say.
    (void)google::protobuf::util::MessageToJsonString(status, &json, options);
    return json;
}

store::Consistency toConsistency(v1::StoreConsistency in) {
    switch (in) {
        case v1::STORE_CONSISTENCY_NONE:
            return store::Consistency::kNone;
        case v1::STORE_CONSISTENCY_WEAK:
            return store::Consistency::kWeak;
        case v1::STORE_CONSISTENCY_LEADER:
            return store::Consistency::kLeader;
        case v1::STORE_CONSISTENCY_FRESHNESS:
            return store::Consistency::kFreshness;
        case v1::STORE_CONSISTENCY_AT_INDEX:
            return store::Consistency::kAtIndex;
        case v1::STORE_CONSISTENCY_AT_TIME:
            return store::Consistency::kAtTime;
        default:
            return store::Consistency::kLinearizable;
    }
}

}  // namespace tessera::server

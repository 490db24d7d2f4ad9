#include "nodeservice/client/store_client.h"

#include "nodeservice/client/call.h"
#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/store.grpc.pb.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <type_traits>
#include <utility>

namespace tessera::client {

namespace {

constexpr std::chrono::seconds kCallTime{10};
/// Of the way there and back, beyond what the store may take.
constexpr std::chrono::seconds kWayTime{2};

void fill(v1::StoreValue& out, const StoreValue& value) {
    std::visit(
        [&out](const auto& held) {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, std::int64_t>) {
                out.set_integer(held);
            } else if constexpr (std::is_same_v<T, double>) {
                out.set_real(held);
            } else if constexpr (std::is_same_v<T, std::string>) {
                out.set_text(held);
            } else if constexpr (std::is_same_v<T, StoreBlob>) {
                out.set_blob(held.bytes);
            }
        },
        value);
}

StoreValue toValue(v1::StoreValue&& in) {
    switch (in.value_case()) {
        case v1::StoreValue::kInteger:
            return static_cast<std::int64_t>(in.integer());
        case v1::StoreValue::kReal:
            return in.real();
        case v1::StoreValue::kText:
            return std::move(*in.mutable_text());
        case v1::StoreValue::kBlob:
            return StoreBlob{std::move(*in.mutable_blob())};
        case v1::StoreValue::VALUE_NOT_SET:
            break;
    }
    return std::monostate();
}

void fill(v1::StoreStatement& out, const StoreStatement& statement) {
    out.set_sql(statement.sql);
    for (const StoreValue& parameter : statement.parameters) {
        fill(*out.add_parameters(), parameter);
    }
}

StoreMember toMember(const v1::StoreMember& in) {
    return {in.id(), in.node(), in.address()};
}

std::vector<StoreMember> toMembers(const auto& in) {
    std::vector<StoreMember> members;
    for (const v1::StoreMember& member : in) {
        members.push_back(toMember(member));
    }
    return members;
}

v1::StoreConsistency toProto(StoreConsistency consistency) {
    switch (consistency) {
        case StoreConsistency::kNone:
            return v1::STORE_CONSISTENCY_NONE;
        case StoreConsistency::kWeak:
            return v1::STORE_CONSISTENCY_WEAK;
        case StoreConsistency::kLeader:
            return v1::STORE_CONSISTENCY_LEADER;
        case StoreConsistency::kFreshness:
            return v1::STORE_CONSISTENCY_FRESHNESS;
        case StoreConsistency::kAtIndex:
            return v1::STORE_CONSISTENCY_AT_INDEX;
        case StoreConsistency::kAtTime:
            return v1::STORE_CONSISTENCY_AT_TIME;
        case StoreConsistency::kLinearizable:
            break;
    }
    return v1::STORE_CONSISTENCY_LINEARIZABLE;
}

template <class Request>
void fill(Request& request, const StoreReadPoint& point) {
    request.set_consistency(toProto(point.consistency));
    request.set_max_age_ms(static_cast<std::uint32_t>(point.max_age.count()));
    request.set_at_index(point.index);
    request.set_at_time_ms(point.time_ms);
}

std::vector<StoreValue> toRow(v1::StoreRow&& row) {
    std::vector<StoreValue> values;
    for (v1::StoreValue& value : *row.mutable_values()) {
        values.push_back(toValue(std::move(value)));
    }
    return values;
}

StoreStatus toStatus(const v1::StoreStatusResponse& answer) {
    StoreStatus status;
    status.member = toMember(answer.member());
    status.role = answer.role();
    status.leader = toMember(answer.leader());
    status.term = answer.term();
    status.commit_index = answer.commit_index();
    status.durable_index = answer.durable_index();
    status.applied_index = answer.applied_index();
    status.hash = answer.hash();
    status.log_base = answer.log_base();
    status.log_bytes = answer.log_bytes();
    status.snapshot_index = answer.snapshot_index();
    status.voters = toMembers(answer.voters());
    status.learners = toMembers(answer.learners());
    status.outgoing = toMembers(answer.outgoing());
    status.fault = answer.fault();
    for (const v1::StorePeerStatus& peer : answer.peers()) {
        status.peers.push_back({toMember(peer.member()), peer.match_index(), peer.messages_in_flight(),
                                peer.bytes_in_flight(), peer.is_active(), peer.is_installing(),
                                std::chrono::microseconds(peer.latency_us())});
    }
    status.unapplied_bytes = answer.unapplied_bytes();
    status.pending_writes = answer.pending_writes();
    status.time_ms = answer.time_ms();
    return status;
}

StoreRowChange::Values toOldOrNew(auto* in) {
    StoreRowChange::Values values;
    for (v1::StoreOldOrNew& told : *in) {
        values.push_back(told.has_value() ? std::optional(toValue(std::move(*told.mutable_value()))) : std::nullopt);
    }
    return values;
}

StoreChanges toChanges(v1::StoreChanges&& in) {
    StoreChanges changes{in.index(), in.time_ms()};
    for (v1::StoreTableChanges& table : *in.mutable_tables()) {
        StoreTableChanges& made = changes.tables.emplace_back();
        made.table = std::move(*table.mutable_table());
        made.columns.assign(table.columns().begin(), table.columns().end());
        made.is_key.assign(table.is_key().begin(), table.is_key().end());
        for (v1::StoreRowChange& row : *table.mutable_rows()) {
            made.rows.push_back({toOldOrNew(row.mutable_before()), toOldOrNew(row.mutable_after())});
        }
    }
    changes.untold.assign(in.untold().begin(), in.untold().end());
    changes.is_schema_changed = in.is_schema_changed();
    changes.is_replaced = in.is_replaced();
    changes.has_more = in.has_more();
    return changes;
}

Result<StoreWritten> toWritten(v1::StoreExecuteResponse&& answer) {
    if (answer.fate() != v1::STORE_FATE_APPLIED || !answer.error().empty()) {
        const bool is_code = answer.error_code() > 0 && answer.error_code() <= 16;
        return fail(is_code ? static_cast<ErrorCode>(answer.error_code()) : ErrorCode::kUnknown, answer.error(),
                    answer.hint());
    }
    StoreWritten written{answer.index(), {}};
    for (v1::StoreStatementResult& result : *answer.mutable_results()) {
        StoreWritten::Statement& statement = written.statements.emplace_back();
        statement.changes = result.changes();
        statement.last_rowid = result.last_rowid();
        statement.columns.assign(result.columns().begin(), result.columns().end());
        for (v1::StoreRow& row : *result.mutable_rows()) {
            statement.rows.push_back(toRow(std::move(row)));
        }
    }
    return written;
}

class GrpcStoreClient final : public StoreClient {
  public:
    explicit GrpcStoreClient(std::shared_ptr<const Endpoint> endpoint)
        : endpoint_(std::move(endpoint)), stub_(v1::Store::NewStub(endpoint_->channel)) {}

    const NodeAddress& address() const override { return endpoint_->address; }

    Result<StoreWritten> execute(const std::vector<StoreStatement>& statements, Time most, std::uint64_t client,
                                 std::uint64_t sequence) override {
        v1::StoreExecuteRequest request;
        for (const StoreStatement& statement : statements) {
            fill(*request.add_statements(), statement);
        }
        request.set_client(client);
        request.set_sequence(sequence);
        request.set_timeout_ms(static_cast<std::uint32_t>(most.count()));
        v1::StoreExecuteResponse answer;
        grpc::ClientContext context;
        begin(context, most + kWayTime);
        if (const grpc::Status status = stub_->Execute(&context, request, &answer); !status.ok()) {
            return callError(status, *endpoint_);
        }
        return toWritten(std::move(answer));
    }

    Result<StoreWritten> request(const std::vector<StoreStatement>& statements, const StoreReadPoint& point, Time most,
                                 std::uint64_t client, std::uint64_t sequence) override {
        v1::StoreRequestRequest request;
        for (const StoreStatement& statement : statements) {
            fill(*request.add_statements(), statement);
        }
        fill(request, point);
        request.set_client(client);
        request.set_sequence(sequence);
        request.set_timeout_ms(static_cast<std::uint32_t>(most.count()));
        v1::StoreRequestResponse answer;
        grpc::ClientContext context;
        begin(context, most + kWayTime);
        TSR_TRY(ended(stub_->Request(&context, request, &answer)));
        return toWritten(std::move(*answer.mutable_answer()));
    }

    Result<StoreWritten> restore(const StoreRestoreStep& step, Time most, std::uint64_t client,
                                 std::uint64_t sequence) override {
        v1::StoreExecuteRequest request;
        v1::StoreRestoreStep& made = *request.mutable_restore();
        made.set_offset(step.offset);
        made.set_data(std::string(step.bytes));
        made.set_is_last(step.is_last);
        made.set_size(step.size);
        made.set_checksum(step.checksum);
        made.set_with_control_plane(step.with_control_plane);
        request.set_client(client);
        request.set_sequence(sequence);
        request.set_timeout_ms(static_cast<std::uint32_t>(most.count()));
        v1::StoreExecuteResponse answer;
        grpc::ClientContext context;
        begin(context, most + kWayTime);
        TSR_TRY(ended(stub_->Restore(&context, request, &answer)));
        return toWritten(std::move(answer));
    }

    Result<> mapReduce(const StoreMapReduce& job, Time most, const RowSink& sink) override {
        v1::StoreMapReduceRequest request;
        fill(*request.mutable_map(), job.map);
        fill(*request.mutable_reduce(), job.reduce);
        request.mutable_members()->Add(job.members.begin(), job.members.end());
        if (!job.split_table.empty()) {
            request.mutable_split()->set_table(job.split_table);
            request.mutable_split()->set_column(job.split_column);
            request.mutable_split()->set_parts(job.parts);
        }
        request.set_at_index(job.at_index);
        request.set_timeout_ms(static_cast<std::uint32_t>(most.count()));
        grpc::ClientContext context;
        addCredentials(context, *endpoint_);
        return readRows(context, *stub_->MapReduce(&context, request), sink);
    }

    Result<> watch(Time interval, const std::function<Result<>(const StoreStatus&)>& sink,
                   const std::stop_token& stop) override {
        v1::StoreWatchRequest request;
        request.set_interval_ms(static_cast<std::uint32_t>(interval.count()));
        grpc::ClientContext context;
        addCredentials(context, *endpoint_);
        const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
        const auto reader = stub_->Watch(&context, request);
        v1::StoreStatusResponse answer;
        while (reader->Read(&answer)) {
            if (const auto taken = sink(toStatus(answer)); !taken) {
                context.TryCancel();
                static_cast<void>(reader->Finish());
                return taken;
            }
        }
        return ended(reader->Finish());
    }

    Result<> changes(const StoreChangesRequest& what, const std::function<Result<>(StoreChanges)>& sink,
                     const std::stop_token& stop) override {
        v1::StoreChangesRequest request;
        request.set_after(what.after);
        request.set_until(what.until);
        request.set_from_now(what.from_now);
        request.set_follows(what.follows);
        request.set_as_one(what.as_one);
        request.mutable_tables()->Add(what.tables.begin(), what.tables.end());
        grpc::ClientContext context;
        addCredentials(context, *endpoint_);
        const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
        const auto reader = stub_->Changes(&context, request);
        v1::StoreChanges answer;
        while (reader->Read(&answer)) {
            if (const auto taken = sink(toChanges(std::move(answer))); !taken) {
                context.TryCancel();
                static_cast<void>(reader->Finish());
                return taken;
            }
        }
        return ended(reader->Finish());
    }

    Result<> query(const StoreStatement& statement, const StoreReadPoint& point, Time most,
                   const RowSink& sink) override {
        v1::StoreQueryRequest request;
        fill(*request.mutable_statement(), statement);
        fill(request, point);
        request.set_takes_rows_with_begin(true);
        request.set_timeout_ms(static_cast<std::uint32_t>(most.count()));
        grpc::ClientContext context;
        addCredentials(context, *endpoint_);
        return readRows(context, *stub_->Query(&context, request), sink);
    }

    Result<StoreStatus> status() override {
        v1::StoreStatusResponse answer;
        TSR_TRY(call(&v1::Store::StubInterface::Status, v1::StoreStatusRequest(), answer));
        return toStatus(answer);
    }

    Result<StoreMember> transferLeadership(std::uint64_t to) override {
        v1::StoreTransferRequest request;
        request.set_to(to);
        v1::StoreTransferResponse answer;
        TSR_TRY(call(&v1::Store::StubInterface::TransferLeadership, request, answer));
        return toMember(answer.to());
    }

    Result<> changeMember(std::uint64_t id, StoreChange change) override {
        v1::StoreChangeMemberRequest request;
        request.set_id(id);
        request.set_change(change == StoreChange::kVoter     ? v1::STORE_MEMBER_CHANGE_VOTER
                           : change == StoreChange::kLearner ? v1::STORE_MEMBER_CHANGE_LEARNER
                                                             : v1::STORE_MEMBER_CHANGE_REMOVE);
        v1::StoreChangeMemberResponse answer;
        return call(&v1::Store::StubInterface::ChangeMember, request, answer);
    }

    Result<> snapshot() override {
        v1::StoreSnapshotResponse answer;
        return call(&v1::Store::StubInterface::Snapshot, v1::StoreSnapshotRequest(), answer);
    }

    Result<std::uint64_t> backUp(const std::function<Result<>(std::string_view bytes)>& sink) override {
        grpc::ClientContext context;
        addCredentials(context, *endpoint_);
        const auto reader = stub_->Backup(&context, v1::StoreBackupRequest());
        v1::StoreBackupPart part;
        std::uint64_t index = 0;
        while (reader->Read(&part)) {
            index = part.index();
            if (const auto taken = sink(part.data()); !taken) {
                context.TryCancel();
                static_cast<void>(reader->Finish());
                return taken.error();
            }
        }
        TSR_TRY(ended(reader->Finish()));
        return index;
    }

  private:
    void begin(grpc::ClientContext& context, std::chrono::milliseconds most) const {
        addCredentials(context, *endpoint_);
        context.set_deadline(std::chrono::system_clock::now() + most);
    }

    template <class Request, class Answer>
    Result<> call(grpc::Status (v1::Store::StubInterface::*method)(grpc::ClientContext*, const Request&, Answer*),
                  const Request& request, Answer& answer) {
        grpc::ClientContext context;
        begin(context, kCallTime);
        return ended(((*stub_).*method)(&context, request, &answer));
    }

    Result<> ended(const grpc::Status& status) const {
        return status.ok() ? Result<>() : Result<>(callError(status, *endpoint_));
    }

    Result<> readRows(grpc::ClientContext& context, grpc::ClientReaderInterface<v1::StoreQueryEvent>& reader,
                      const RowSink& sink) const {
        v1::StoreQueryEvent event;
        while (reader.Read(&event)) {
            if (const auto taken = take(std::move(event), sink); !taken) {
                context.TryCancel();
                static_cast<void>(reader.Finish());
                return taken;
            }
        }
        return ended(reader.Finish());
    }

    static Result<> take(v1::StoreQueryEvent&& event, const RowSink& sink) {
        if (event.has_begin()) {
            TSR_TRY(
                sink.begin({event.begin().columns().begin(), event.begin().columns().end()}, event.begin().index()));
        }
        v1::StoreRows& rows = event.has_begin() ? *event.mutable_begin()->mutable_rows() : *event.mutable_rows();
        for (v1::StoreRow& row : *rows.mutable_rows()) {
            TSR_TRY(sink.row(toRow(std::move(row))));
        }
        return {};
    }

    const std::shared_ptr<const Endpoint> endpoint_;
    const std::unique_ptr<v1::Store::StubInterface> stub_;
};

}  // namespace

std::uint64_t storeChecksum(std::string_view bytes, std::uint64_t before) {
    for (const char byte : bytes) {
        before = (before ^ static_cast<unsigned char>(byte)) * 0x100000001B3ULL;
    }
    return before;
}

Result<std::shared_ptr<StoreClient>> StoreClient::create(NodeAddress address) {
    return std::shared_ptr<StoreClient>(std::make_shared<GrpcStoreClient>(TSR_TRY(openEndpoint(std::move(address)))));
}

}  // namespace tessera::client

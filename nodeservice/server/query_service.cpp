#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/query.grpc.pb.h"
#include "nodeservice/server/call_credentials.h"
#include "nodeservice/server/services.h"
#include "nodeservice/server/session_call.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace tessera::server {

namespace {

using query::Interrupt;

// What may wait for a slow reader; PostgreSQL is not read from while more does.
constexpr std::size_t kMaxQueuedBytes = std::size_t{512} << 10;
constexpr std::size_t kMaxQueuedEvents = 64;
// How soon a stream that waits for its reader sees that the node is stopping.
constexpr std::chrono::milliseconds kInterruptCheck{200};

v1::ColumnEncoding encodingOf(query::Encoding encoding) {
    switch (encoding) {
        case query::Encoding::kText:
            return v1::COLUMN_ENCODING_TEXT;
        case query::Encoding::kBool:
            return v1::COLUMN_ENCODING_BOOL;
        case query::Encoding::kInt64:
            return v1::COLUMN_ENCODING_INT64;
        case query::Encoding::kFloat64:
            return v1::COLUMN_ENCODING_FLOAT64;
        case query::Encoding::kFloat32:
            return v1::COLUMN_ENCODING_FLOAT32;
    }
    return v1::COLUMN_ENCODING_UNSPECIFIED;
}

query::Statement statementOf(const v1::ExecuteRequest& request) {
    query::Statement statement{request.sql(),           {},
                               request.batch_bytes(),   request.timeout_ms(),
                               request.request_id(),    request.session(),
                               request.in_transaction()};
    for (const v1::Parameter& parameter : request.parameters()) {
        statement.parameters.push_back(
            {parameter.has_text() ? std::optional(parameter.text()) : std::nullopt, parameter.type_name()});
    }
    return statement;
}

/// One Execute call: a bounded queue between the statement's thread, which fills it, and gRPC, which has one write
/// under way. Owns itself until OnDone, which comes after finished(): only that calls Finish().
class ExecuteStream final : public grpc::ServerWriteReactor<v1::ExecuteEvent>,
                            public query::Sink,
                            public std::enable_shared_from_this<ExecuteStream> {
  public:
    explicit ExecuteStream(std::shared_ptr<Interrupt> interrupt) : interrupt_(std::move(interrupt)) {}

    void keepAlive() { self_ = shared_from_this(); }

    void started(int backend_pid) override {
        v1::ExecuteEvent event;
        event.mutable_started()->set_backend_pid(backend_pid);
        push(std::move(event), 0);
    }

    void columns(const std::vector<query::Column>& columns) override {
        v1::ExecuteEvent event;
        for (const query::Column& column : columns) {
            v1::Column& added = *event.mutable_columns()->add_columns();
            added.set_name(column.name);
            added.set_type_name(column.type_name);
            added.set_type_oid(column.type_oid);
            added.set_encoding(encodingOf(column.encoding));
        }
        push(std::move(event), 0);
    }

    void batch(query::Batch batch, Deadline deadline) override {
        if (!waitForRoom(deadline)) {
            return;
        }
        const std::size_t bytes = batch.byte_size;
        v1::ExecuteEvent event;
        event.mutable_batch()->set_row_count(batch.row_count);
        for (query::ColumnData& column : batch.columns) {
            v1::ColumnData& added = *event.mutable_batch()->add_columns();
            added.set_validity(std::move(column.validity));
            added.set_values(std::move(column.values));
            added.set_offsets(std::move(column.offsets));
        }
        push(std::move(event), bytes);
    }

    void notice(query::Notice notice, Deadline deadline) override {
        if (!waitForRoom(deadline)) {
            return;
        }
        v1::ExecuteEvent event;
        v1::Notice& message = *event.mutable_notice();
        message.set_severity(std::move(notice.severity));
        message.set_message(std::move(notice.message));
        message.set_detail(std::move(notice.detail));
        message.set_hint(std::move(notice.hint));
        message.set_sqlstate(std::move(notice.sqlstate));
        push(std::move(event), 0);
    }

    void progress(std::uint64_t rows, std::chrono::milliseconds elapsed) override {
        {
            const std::lock_guard lock(mutex_);
            if (!queue_.empty()) {
                return;
            }
        }
        v1::ExecuteEvent event;
        event.mutable_progress()->set_rows(rows);
        event.mutable_progress()->set_elapsed_ms(static_cast<std::uint64_t>(elapsed.count()));
        push(std::move(event), 0);
    }

    void transaction(query::TransactionState state) override {
        v1::ExecuteEvent event;
        fillTransaction(*event.mutable_transaction(), state);
        push(std::move(event), 0);
    }

    void finished(const Result<query::Completion>& result) override {
        if (result) {
            v1::ExecuteEvent event;
            event.mutable_complete()->set_command_tag(result->command_tag);
            event.mutable_complete()->set_row_count(result->row_count);
            event.mutable_complete()->set_elapsed_ms(static_cast<std::uint64_t>(result->elapsed.count()));
            push(std::move(event), 0);
        }
        finish(result ? grpc::Status::OK : client::toStatus(result.error()));
    }

    void finish(grpc::Status status) {
        {
            const std::lock_guard lock(mutex_);
            if (!queue_.empty() && !broken_) {
                final_status_ = std::move(status);
                return;
            }
        }
        Finish(status);
    }

    void OnWriteDone(bool ok) override {
        std::optional<grpc::Status> final_status;
        {
            const std::lock_guard lock(mutex_);
            queued_bytes_ -= queue_.front().bytes;
            queue_.pop_front();
            if (!ok) {
                broken_ = true;
                queue_.clear();
                queued_bytes_ = 0;
            }
            if (!queue_.empty()) {
                StartWrite(&queue_.front().event);
            } else {
                final_status.swap(final_status_);
            }
        }
        room_.notify_all();
        if (!ok) {
            interrupt_->raise(Interrupt::Reason::kCancelled);
        }
        if (final_status) {
            Finish(*final_status);
        }
    }

    void OnCancel() override {
        interrupt_->raise(Interrupt::Reason::kCancelled);
        room_.notify_all();
    }

    void OnDone() override {
        // The last reference may be this one: nothing of the object is used behind this line.
        const std::shared_ptr<ExecuteStream> last = std::move(self_);
    }

  private:
    struct Queued {
        v1::ExecuteEvent event;
        std::size_t bytes = 0;
    };

    bool hasRoom() const { return queued_bytes_ < kMaxQueuedBytes && queue_.size() < kMaxQueuedEvents; }

    /// False when nothing more should be sent.
    bool waitForRoom(Deadline deadline) {
        std::unique_lock lock(mutex_);
        while (!hasRoom() && !interrupt_->isRaised() && !broken_) {
            const auto now = std::chrono::steady_clock::now();
            if (now >= deadline) {
                return false;
            }
            room_.wait_until(lock, std::min(deadline, now + kInterruptCheck));
        }
        return !interrupt_->isRaised() && !broken_;
    }

    void push(v1::ExecuteEvent event, std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        if (broken_) {
            return;
        }
        queue_.push_back({std::move(event), bytes});
        queued_bytes_ += bytes;
        if (queue_.size() == 1) {
            StartWrite(&queue_.front().event);
        }
    }

    const std::shared_ptr<Interrupt> interrupt_;
    std::shared_ptr<ExecuteStream> self_;
    std::mutex mutex_;
    std::condition_variable room_;
    // All below: guarded by mutex_. The front event is the one being written.
    std::deque<Queued> queue_;
    std::size_t queued_bytes_ = 0;
    std::optional<grpc::Status> final_status_;
    bool broken_ = false;
};

class QueryService final : public v1::Query::CallbackService {
  public:
    explicit QueryService(query::Executor& executor) : executor_(executor) {}

    grpc::ServerWriteReactor<v1::ExecuteEvent>* Execute(grpc::CallbackServerContext* context,
                                                        const v1::ExecuteRequest* request) override {
        const auto interrupt = std::make_shared<Interrupt>();
        auto stream = std::make_shared<ExecuteStream>(interrupt);
        stream->keepAlive();
        const Result<> accepted = executor_.execute(credentialsOf(*context), statementOf(*request), interrupt, stream);
        if (!accepted) {
            stream->finish(client::toStatus(accepted.error()));
        }
        return stream.get();
    }

    grpc::ServerWriteReactor<v1::SessionEvent>* OpenSession(grpc::CallbackServerContext* context,
                                                            const v1::OpenSessionRequest*) override {
        return startSessionCall(executor_, credentialsOf(*context));
    }

  private:
    query::Executor& executor_;
};

}  // namespace

std::unique_ptr<grpc::Service> makeQueryService(const ServiceContext& context) {
    return std::make_unique<QueryService>(context.executor);
}

}  // namespace tessera::server

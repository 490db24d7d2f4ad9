#include "nodeservice/server/store_door.h"

#include "common/log.h"
#include "common/store_link.h"
#include "nodeservice/identity/scram.h"
#include "nodeservice/proto/store.pb.h"
#include "nodeservice/server/store_queries.h"
#include "nodeservice/server/store_values.h"
#include "nodeservice/server/store_writes.h"

#include <sys/socket.h>

#include <cstring>
#include <type_traits>
#include <utility>
#include <variant>

namespace tessera::server {

namespace {

using store_link::Answer;
using store_link::Kind;
using store_link::Request;

Answer failure(const Error& error, const char* state = nullptr) {
    return {.sqlstate = state != nullptr ? state : std::string(error.sqlState()),
            .message = error.message,
            .hint = error.hint};
}

store::ReadPoint pointOf(const Request& request) {
    using From = store_link::Consistency;
    store::ReadPoint point;
    switch (request.consistency) {
        case From::kNone:
            point.consistency = store::Consistency::kNone;
            break;
        case From::kWeak:
            point.consistency = store::Consistency::kWeak;
            break;
        case From::kLeader:
            point.consistency = store::Consistency::kLeader;
            break;
        case From::kLinearizable:
            point.consistency = store::Consistency::kLinearizable;
            break;
        case From::kFreshness:
            point.consistency = store::Consistency::kFreshness;
            point.max_age = std::chrono::milliseconds(request.max_age_ms);
            break;
    }
    return point;
}

store::sqlite::Value toValue(store_link::Value value) {
    return std::visit(
        [](auto&& held) -> store::sqlite::Value {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, store_link::Bytes>) {
                return store::sqlite::Blob{std::move(held.bytes)};
            } else {
                return std::move(held);
            }
        },
        std::move(value));
}

Answer toAnswer(const v1::StoreExecuteResponse& written) {
    if (written.fate() == v1::STORE_FATE_APPLIED && written.error().empty()) {
        return {.index = written.index()};
    }
    const Error error = fail(static_cast<ErrorCode>(written.error_code()), written.error(), written.hint());
    return failure(error, written.fate() == v1::STORE_FATE_UNKNOWN ? "08007" : nullptr);
}

}  // namespace

struct StoreDoor::Call {
    FileDescriptor socket;
    Request request;
    v1::StoreExecuteRequest write;
    v1::StoreExecuteResponse written;
    Client client;

    /// It is small: it fits into what the socket holds, and nobody waits.
    void end(const Answer& answer) {
        const std::string bytes = answer.encode();
        (void)::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        socket = FileDescriptor();
    }
};

Result<std::unique_ptr<StoreDoor>> StoreDoor::open(Options options, StoreContext context) {
    std::unique_ptr<StoreDoor> made(new StoreDoor(std::move(options), std::move(context)));
    made->door_ =
        TSR_TRY(LocalDoor::open(made->options_.socket, "store-door",
                                [door = made.get()](FileDescriptor connection) { door->take(std::move(connection)); }));
    return made;
}

StoreDoor::StoreDoor(Options options, StoreContext context)
    : options_(std::move(options)), context_(std::move(context)), writes_(std::make_unique<StoreWrites>(context_)) {}

StoreDoor::~StoreDoor() {
    close();
}

void StoreDoor::close() {
    if (door_ != nullptr) {
        door_->close();
    }
}

void StoreDoor::take(FileDescriptor connection) {
    const auto call = std::make_shared<Call>();
    call->socket = std::move(connection);
    if (!context_.workers.trySubmit([this, call] { answer(call); })) {
        call->end(failure(storeIsBusy()));
    }
}

void StoreDoor::answer(const std::shared_ptr<Call>& call) {
    auto request = Request::decode(readRequest(call->socket.get(), store_link::kMostRequestBytes));
    if (!request) {
        return call->end(failure(request.error()));
    }
    call->request = std::move(*request);
    const auto right = call->request.kind == Kind::kRead ? StoreRight::kRead : StoreRight::kWrite;
    if (call->request.role == options_.superuser) {
        call->request.consistency = store_link::Consistency::kNone;
    } else if (const auto may = options_.permit(call->request.role, right); !may) {
        return call->end(failure(may.error()));
    }
    call->request.kind == Kind::kRead ? read(call) : write(call);
}

void StoreDoor::read(const std::shared_ptr<Call>& call) {
    const auto deadline = std::chrono::steady_clock::now() + storeTimeOf(call->request.timeout_ms);
    const store::ReadPoint point = pointHere(context_.replica, pointOf(call->request));
    context_.replica.awaitReadable(point, deadline, [this, call](const Result<store::raft::Index>& index) {
        call->end(index ? Answer{.index = *index, .file = options_.file.string()} : failure(index.error()));
    });
}

void StoreDoor::write(const std::shared_ptr<Call>& call) {
    for (store_link::Statement& statement : call->request.statements) {
        v1::StoreStatement& added = *call->write.add_statements();
        added.set_sql(std::move(statement.sql));
        for (store_link::Value& value : statement.parameters) {
            fill(*added.add_parameters(), toValue(std::move(value)));
        }
    }
    call->client = takeClient();
    call->write.set_client(call->client.number);
    call->write.set_sequence(call->client.sequence);
    call->write.set_timeout_ms(call->request.timeout_ms);
    writes_->execute(call->write, call->written, true, [this, call] {
        giveBack(call->client);
        call->end(toAnswer(call->written));
    });
}

StoreDoor::Client StoreDoor::takeClient() {
    const std::lock_guard lock(mutex_);
    Client client;
    if (idle_.empty()) {
        const std::string random = identity::randomBytes(sizeof client.number);
        std::memcpy(&client.number, random.data(), sizeof client.number);
        // SQLite's integers have a sign, and 0 is nobody.
        client.number = (client.number >> 1U) | 1U;
    } else {
        client = idle_.back();
        idle_.pop_back();
    }
    ++client.sequence;
    return client;
}

void StoreDoor::giveBack(Client client) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(client);
}

}  // namespace tessera::server

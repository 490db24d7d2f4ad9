#include "common/thread.h"
#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/notices.grpc.pb.h"
#include "nodeservice/server/call_credentials.h"
#include "nodeservice/server/event_stream.h"
#include "nodeservice/server/services.h"

#include <grpcpp/support/server_callback.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace tessera::server {

namespace {

using Context = grpc::CallbackServerContext;
using Stream = EventStream<v1::JobNotice>;
using std::chrono::steady_clock;

constexpr std::size_t kThreads = 4;
constexpr std::size_t kMostCalls = 1024;
constexpr std::size_t kMostFollowers = 4096;
constexpr std::size_t kLongestDevice = 64;
/// How often the store is looked at while somebody follows, if it has changed.
constexpr std::chrono::milliseconds kLook{500};
/// Who has been let in is asked again who they are after so long, and when their token ends.
constexpr std::chrono::minutes kLongestFollowing{5};

struct Follower {
    Stream* stream = nullptr;
    jobs::Addressee addressee;
    steady_clock::time_point until;
    std::deque<jobs::Notice> waiting = {};
    /// All notices up to this one have been looked at for it.
    std::int64_t newest = 0;
};

/// By which alerts may name the caller. An address that the provider does not vouch for is none.
jobs::Addressee addresseeOf(const identity::Principal& principal) {
    jobs::Addressee addressee{{principal.role}, principal.role};
    if (const auto person = identity::personOf(principal)) {
        addressee.who = person->issuer + " " + person->subject;
        addressee.names.push_back(person->subject);
        if (!person->email.empty()) {
            addressee.names.push_back(person->email);
        }
    }
    return addressee;
}

steady_clock::time_point endOf(const identity::Principal& principal) {
    using std::chrono::seconds;
    using std::chrono::system_clock;
    const auto now = steady_clock::now();
    const auto context = principal.context ? nlohmann::json::parse(*principal.context, nullptr, false) : nullptr;
    if (!context.is_object()) {
        return now + kLongestFollowing;
    }
    const auto left =
        system_clock::time_point(seconds(context.value("expires", std::int64_t{0}))) - system_clock::now();
    return now + std::clamp<system_clock::duration>(left, seconds(0), kLongestFollowing);
}

v1::JobNotice toMessage(const jobs::Notice& notice) {
    v1::JobNotice message;
    message.set_id(notice.id);
    message.set_key(notice.key);
    message.set_person(notice.person);
    message.set_run(notice.run);
    message.set_job(notice.job);
    message.set_state(notice.state);
    message.set_error(notice.error);
    message.set_date(notice.date);
    message.set_node(notice.node);
    message.set_at_ms(notice.at_ms);
    return message;
}

/// One thread for all who follow, which sleeps while nobody does.
class NoticeFeed {
  public:
    explicit NoticeFeed(const NoticesContext& context) : context_(context) {}

    ~NoticeFeed() {
        {
            const std::lock_guard lock(mutex_);
            is_stopping_ = true;
            changed_.notify_all();
        }
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    /// False: there are too many.
    bool add(Follower follower) {
        const std::lock_guard lock(mutex_);
        if (is_stopping_ || followers_.size() + added_.size() >= kMostFollowers) {
            return false;
        }
        added_.push_back(std::move(follower));
        if (!thread_.joinable()) {
            thread_ = startThread("job-notices", [this] { run(); });
        }
        changed_.notify_all();
        return true;
    }

  private:
    void run() {
        while (rest()) {
            take();
            const std::uint64_t applied = context_.applied();
            // What fails here is the store's, and is tried again at the next look.
            if (seen_ != applied && distribute()) {
                seen_ = applied;
            }
            write();
        }
        for (Follower& one : followers_) {
            one.stream->endWhenWritten(over());
        }
    }

    /// Until it is time to look. False: the service stops.
    bool rest() {
        std::unique_lock lock(mutex_);
        const auto is_wanted = [this] { return is_stopping_ || !added_.empty(); };
        if (followers_.empty()) {
            changed_.wait(lock, is_wanted);
        } else {
            changed_.wait_for(lock, kLook, is_wanted);
        }
        return !is_stopping_;
    }

    void take() {
        const std::lock_guard lock(mutex_);
        for (const Follower& one : added_) {
            newest_ = followers_.empty() ? one.newest : std::min(newest_, one.newest);
            seen_.reset();
            followers_.push_back(one);
        }
        added_.clear();
    }

    Result<> distribute() {
        for (const jobs::Notice& notice : TSR_TRY(context_.notices.after(newest_))) {
            newest_ = notice.id;
            for (Follower& one : followers_) {
                if (one.newest < notice.id && one.addressee.isMeant(notice)) {
                    one.waiting.push_back(notice);
                }
                one.newest = std::max(one.newest, notice.id);
            }
        }
        return {};
    }

    void write() {
        const auto now = steady_clock::now();
        const bool is_over = context_.is_stopping();
        std::erase_if(followers_, [&](Follower& one) {
            if (one.stream->isBroken() || is_over || now >= one.until) {
                one.stream->endWhenWritten(over());
                return true;
            }
            // One at a time is under way: who reads slowly holds nobody up.
            if (!one.waiting.empty() && !one.stream->isWriting()) {
                one.stream->write(toMessage(one.waiting.front()));
                one.waiting.pop_front();
            }
            return false;
        });
    }

    static grpc::Status over() {
        return client::toStatus(fail(ErrorCode::kUnavailable, "the node ends this", "ask again"));
    }

    const NoticesContext& context_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Follower> added_;  // guarded by mutex_
    bool is_stopping_ = false;     // guarded by mutex_
    std::thread thread_;           // guarded by mutex_
    // The thread's:
    std::list<Follower> followers_;
    std::int64_t newest_ = 0;
    /// What had been applied when the notices were last read.
    std::optional<std::uint64_t> seen_;
};

class NoticesService final : public v1::Notices::CallbackService {
  public:
    explicit NoticesService(NoticesContext context)
        : context_(std::move(context)), feed_(context_), workers_("notices", kThreads, kMostCalls) {}

    grpc::ServerWriteReactor<v1::JobNotice>* Follow(Context* call, const v1::FollowNoticesRequest* request) override {
        auto* stream = new Stream;
        const bool is_taken = workers_.trySubmit([this, stream, request, credentials = credentialsOf(*call)] {
            if (const auto begun = begin(*stream, request->device(), credentials); !begun) {
                stream->end(client::toStatus(begun.error()));
            }
        });
        if (!is_taken) {
            stream->end(client::toStatus(busy()));
        }
        return stream;
    }

    grpc::ServerUnaryReactor* Acknowledge(Context* call, const v1::AcknowledgeNoticeRequest* request,
                                          v1::AcknowledgeNoticeResponse* /*answer*/) override {
        grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
        const bool is_taken = workers_.trySubmit([this, reactor, request, credentials = credentialsOf(*call)] {
            const auto done = [&]() -> Result<> {
                const identity::Principal principal = TSR_TRY(context_.authenticator.authenticate(credentials));
                TSR_TRY(checkDevice(request->device()));
                return context_.notices.acknowledge(addresseeOf(principal), request->device(), request->id());
            }();
            reactor->Finish(done ? grpc::Status::OK : client::toStatus(done.error()));
        });
        if (!is_taken) {
            reactor->Finish(client::toStatus(busy()));
        }
        return reactor;
    }

  private:
    static Error busy() {
        return fail(ErrorCode::kResourceExhausted, "the node has too many requests for notices at once", "try again");
    }

    static Result<> checkDevice(const std::string& device) {
        return !device.empty() && device.size() <= kLongestDevice
                   ? Result<>()
                   : fail(ErrorCode::kInvalidArgument, "the name of a device has 1 to 64 bytes");
    }

    Result<> begin(Stream& stream, const std::string& device, const identity::CallCredentials& credentials) {
        const identity::Principal principal = TSR_TRY(context_.authenticator.authenticate(credentials));
        TSR_TRY(checkDevice(device));
        Follower follower{&stream, addresseeOf(principal), endOf(principal)};
        // In this order: none comes between the two unseen.
        follower.newest = TSR_TRY(context_.notices.newest());
        for (jobs::Notice& notice : TSR_TRY(context_.notices.waiting(follower.addressee, device))) {
            follower.newest = std::max(follower.newest, notice.id);
            follower.waiting.push_back(std::move(notice));
        }
        return feed_.add(std::move(follower)) ? Result<>() : Result<>(busy());
    }

    const NoticesContext context_;
    NoticeFeed feed_;
    WorkerPool workers_;
};

}  // namespace

std::unique_ptr<grpc::Service> makeNoticesService(NoticesContext context) {
    return std::make_unique<NoticesService>(std::move(context));
}

}  // namespace tessera::server

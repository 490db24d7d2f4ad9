#include "agent/notices/notice_follower.h"

#include "agent/relay/node_channel.h"
#include "common/log.h"
#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/notices.grpc.pb.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <QPointer>
#include <QRandomGenerator>
#include <QTimer>
#include <algorithm>
#include <mutex>

namespace tessera::agent {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kFirstWait{1000};
constexpr milliseconds kLongestWait{5 * 60 * 1000};
/// Of nodes that know nothing of notices, or do not want this person.
constexpr milliseconds kRefusedWait{60 * 60 * 1000};
/// A stream that lasted so long ended in good order.
constexpr std::chrono::seconds kGoodStream{20};
constexpr std::chrono::seconds kAcknowledgeTime{30};

/// Somewhat less or more, so that all agents do not come back to a node at once.
milliseconds spread(milliseconds wait) {
    return milliseconds(static_cast<std::int64_t>(static_cast<double>(wait.count()) *
                                                  (0.8 + 0.4 * QRandomGenerator::global()->generateDouble())));
}

void addToken(grpc::ClientContext& context, const NodeAccess& access) {
    context.AddMetadata("authorization", "Bearer " + access.token.reveal());
}

struct Acknowledgement {
    grpc::ClientContext context;
    v1::AcknowledgeNoticeRequest request;
    v1::AcknowledgeNoticeResponse answer;
    std::unique_ptr<v1::Notices::Stub> stub;
};

}  // namespace

/// One call; lives until it has ended. What it says is said on the main thread.
class NoticeFollower::Stream final : public grpc::ClientReadReactor<v1::JobNotice>,
                                     public std::enable_shared_from_this<Stream> {
  public:
    using OnMessage = std::function<void(const v1::JobNotice&)>;
    using OnEnd = std::function<void(const grpc::Status&)>;

    Stream(std::shared_ptr<grpc::Channel> channel, const NodeAccess& access, const std::string& device,
           OnMessage on_message, OnEnd on_end)
        : stub_(v1::Notices::NewStub(std::move(channel))),
          on_message_(std::move(on_message)),
          on_end_(std::move(on_end)) {
        addToken(context_, access);
        request_.set_device(device);
    }

    void start() {
        self_ = shared_from_this();
        stub_->async()->Follow(&context_, &request_, this);
        StartRead(&message_);
        StartCall();
    }

    void cancel() { context_.TryCancel(); }

    void OnReadDone(bool ok) override {
        if (ok) {
            on_message_(message_);
            StartRead(&message_);
        }
    }

    void OnDone(const grpc::Status& status) override {
        const std::shared_ptr<Stream> last = std::move(self_);
        on_end_(status);
    }

  private:
    const std::unique_ptr<v1::Notices::Stub> stub_;
    const OnMessage on_message_;
    const OnEnd on_end_;
    grpc::ClientContext context_;
    v1::FollowNoticesRequest request_;
    v1::JobNotice message_;
    std::shared_ptr<Stream> self_;
};

NoticeFollower::NoticeFollower(Access& access, std::string device, OnNotice on_notice)
    : access_(access), device_(std::move(device)), on_notice_(std::move(on_notice)) {}

NoticeFollower::~NoticeFollower() {
    follow({});
}

void NoticeFollower::follow(const std::set<Target>& targets) {
    std::erase_if(following_, [&](const auto& entry) {
        const bool is_over = !targets.contains(entry.first);
        if (is_over && entry.second.stream) {
            entry.second.stream->cancel();
        }
        return is_over;
    });
    for (const Target& target : targets) {
        if (!following_.contains(target)) {
            following_[target] = {};
            open(target);
        }
    }
}

NoticeFollower::Following* NoticeFollower::find(const Target& target, std::uint64_t attempt) {
    const auto found = following_.find(target);
    return found == following_.end() || found->second.attempt != attempt ? nullptr : &found->second;
}

void NoticeFollower::open(const Target& target) {
    const std::uint64_t attempt = ++attempts_;
    following_.at(target).attempt = attempt;
    access_.find(target.first, target.second,
                 [this, alive = QPointer<QObject>(context_.get()), target, attempt](Result<NodeAccess> access) {
                     if (alive) {
                         connect(target, attempt, std::move(access));
                     }
                 });
}

void NoticeFollower::connect(const Target& target, std::uint64_t attempt, Result<NodeAccess> access) {
    Following* following = find(target, attempt);
    if (following == nullptr) {
        return;
    }
    auto channel = access ? channelTo(access->node, client::LinkUse::kBackground)
                          : Result<std::shared_ptr<grpc::Channel>>(access.error());
    if (!channel) {
        ended(target, attempt, channel.error());
        return;
    }
    // The agent's main thread alone destroys this object, and its loop has ended by then.
    const auto on_message = [this, target](const v1::JobNotice& message) {
        Notice notice{target.first,  target.second,   message.id(),    message.key(),  message.person(), message.run(),
                      message.job(), message.state(), message.error(), message.node(), message.at_ms()};
        QMetaObject::invokeMethod(
            context_.get(), [this, notice = std::move(notice)] { on_notice_(notice); }, Qt::QueuedConnection);
    };
    const auto on_end = [this, target, attempt](const grpc::Status& status) {
        QMetaObject::invokeMethod(
            context_.get(), [this, target, attempt, error = client::toError(status)] { ended(target, attempt, error); },
            Qt::QueuedConnection);
    };
    following->opened = steady_clock::now();
    following->stream = std::make_shared<Stream>(std::move(*channel), *access, device_, on_message, on_end);
    following->stream->start();
}

void NoticeFollower::ended(const Target& target, std::uint64_t attempt, const Error& error) {
    Following* following = find(target, attempt);
    if (following == nullptr) {
        return;
    }
    const bool was_good = following->stream && steady_clock::now() - following->opened >= kGoodStream;
    following->stream.reset();
    const bool is_refused = error.code == ErrorCode::kUnimplemented || error.code == ErrorCode::kPermissionDenied;
    following->wait = is_refused ? kRefusedWait
                      : was_good ? kFirstWait
                                 : std::clamp(following->wait * 2, kFirstWait, kLongestWait);
    log::debug("notices.ended", {{"node", target.second}, {"reason", error.message}});
    QTimer::singleShot(spread(following->wait), context_.get(), [this, target, attempt] {
        if (find(target, attempt) != nullptr) {
            open(target);
        }
    });
}

void NoticeFollower::acknowledge(const Notice& notice) {
    access_.find(notice.profile, notice.node, [device = device_, id = notice.id](Result<NodeAccess> access) {
        auto channel = access ? channelTo(access->node, client::LinkUse::kBackground)
                              : Result<std::shared_ptr<grpc::Channel>>(access.error());
        if (!channel) {
            return;
        }
        // If it is lost, the notice comes again, and is known here.
        const auto call = std::make_shared<Acknowledgement>();
        addToken(call->context, *access);
        call->context.set_deadline(std::chrono::system_clock::now() + kAcknowledgeTime);
        call->request.set_device(device);
        call->request.set_id(id);
        call->stub = v1::Notices::NewStub(std::move(*channel));
        call->stub->async()->Acknowledge(
            &call->context, &call->request, &call->answer, [call](const grpc::Status& status) {
                if (!status.ok()) {
                    log::debug("notices.unacknowledged", {{"reason", client::toError(status).message}});
                }
            });
    });
}

}  // namespace tessera::agent

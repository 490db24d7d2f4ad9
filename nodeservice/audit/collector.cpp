#include "nodeservice/audit/collector.h"

#include "common/log.h"
#include "common/thread.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace tessera::audit {

namespace {

constexpr std::size_t kMostMessageBytes = std::size_t{128} << 10;
constexpr int kTick_ms = 200;
// A session's buffer holds what it says in this time, and a thread that wakes for each record takes its core.
constexpr std::chrono::milliseconds kGather{10};
// Of one session, before the others have their turn.
constexpr int kMostAtOnce = 512;
constexpr std::chrono::seconds kPatience{2};

void watch(int events, int socket) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = socket}};
    (void)::epoll_ctl(events, EPOLL_CTL_ADD, socket, &event);
}

}  // namespace

Result<std::unique_ptr<Collector>> Collector::start(CollectorOptions options,
                                                    const identity::SessionRegistry& registry) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (options.socket.string().size() >= sizeof address.sun_path) {
        return fail(ErrorCode::kInvalidArgument, "the path '" + options.socket.string() + "' is too long for a socket",
                    "choose a shorter data_directory");
    }
    std::strncpy(address.sun_path, options.socket.c_str(), sizeof address.sun_path - 1);
    Journal journal = TSR_TRY(Journal::open(options.file, options.file_bytes, options.files));
    ::unlink(options.socket.c_str());
    FileDescriptor listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    FileDescriptor events(::epoll_create1(EPOLL_CLOEXEC));
    if (!listener || !events ||
        ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener.get(), SOMAXCONN) != 0) {
        return fail(ErrorCode::kInternal,
                    "cannot listen on '" + options.socket.string() + "': " + std::strerror(errno));
    }
    watch(events.get(), listener.get());
    return std::make_unique<Collector>(std::move(options), registry, std::move(journal), std::move(listener),
                                       std::move(events));
}

Collector::Collector(CollectorOptions options, const identity::SessionRegistry& registry, Journal journal,
                     FileDescriptor listener, FileDescriptor events)
    : options_(std::move(options)),
      registry_(registry),
      journal_(std::move(journal)),
      listener_(std::move(listener)),
      events_(std::move(events)),
      buffer_(kMostMessageBytes) {
    if (options_.keep_days > 0) {
        table_.emplace(options_.database, options_.keep_days);
    }
    thread_ = startThread("audit", [this] { work(); });
}

Collector::~Collector() {
    stopping_ = true;
    thread_.join();
}

void Collector::databaseIsThere(bool is_there) {
    if (!table_) {
        return;
    }
    if (!is_there) {
        // The turn that runs may have passed a session by; the next one has not.
        const std::uint64_t enough = turns_ + 2;
        for (const auto end = std::chrono::steady_clock::now() + kPatience;
             turns_ < enough && std::chrono::steady_clock::now() < end;) {
            std::this_thread::sleep_for(kGather);
        }
    }
    table_->databaseIsThere(is_there);
}

void Collector::work() {
    std::array<epoll_event, 64> ready{};
    while (true) {
        // Read before the sockets: what was told before the end was asked for is still taken.
        const bool is_last = stopping_;
        if (!is_last && ::epoll_wait(events_.get(), ready.data(), ready.size(), kTick_ms) > 0) {
            std::this_thread::sleep_for(kGather);
        }
        const int count = ::epoll_wait(events_.get(), ready.data(), ready.size(), 0);
        for (int i = 0; i < count; ++i) {
            const int socket = ready[static_cast<std::size_t>(i)].data.fd;
            if (socket == listener_.get()) {
                accept();
            } else if (!hear(sessions_.at(socket))) {
                sessions_.erase(socket);
            }
        }
        takeNotes();
        writeDown();
        ++turns_;
        if (is_last && count <= 0) {
            return;
        }
    }
}

void Collector::accept() {
    while (true) {
        FileDescriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket) {
            return;
        }
        watch(events_.get(), socket.get());
        const int key = socket.get();
        sessions_.emplace(key, Session{std::move(socket)});
    }
}

bool Collector::hear(Session& session) {
    for (int count = 0; count < kMostAtOnce; ++count) {
        const ssize_t got = ::recv(session.socket.get(), buffer_.data(), buffer_.size(), 0);
        if (got <= 0) {
            return got < 0 && (errno == EAGAIN || errno == EINTR);
        }
        take({buffer_.data(), static_cast<std::size_t>(got)}, session);
    }
    return true;
}

void Collector::take(std::string_view message, Session& session) {
    auto record = parseRecord(message);
    if (!record) {
        ++lost_;
        log::warn("audit.unreadable", {{"bytes", message.size()}});
        return;
    }
    if (record->untold > 0) {
        lost_ += record->untold;
        log::error("audit.untold", {{"pid", record->pid}, {"statements", record->untold}});
    }
    if (record->context != session.context) {
        session.context = record->context;
        session.person = personOf(record->context);
    }
    const int pid = record->pid;
    add(entryOf(std::move(*record), session.person, registry_.find(pid), options_.peers, options_.text));
}

void Collector::note(std::string command, std::string text, std::string sqlstate) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::lock_guard lock(notes_mutex_);
    notes_.push_back({std::chrono::duration_cast<std::chrono::microseconds>(now).count(), std::move(command),
                      std::move(text), std::move(sqlstate)});
}

void Collector::takeNotes() {
    std::vector<Note> notes;
    {
        const std::lock_guard lock(notes_mutex_);
        notes.swap(notes_);
    }
    static const Person kNobody;
    for (const Note& note : notes) {
        Record record;
        record.pid = ::getpid();
        record.began_us = note.at_us;
        record.sqlstate = note.sqlstate;
        record.role = options_.node;
        record.command = note.command;
        record.text = note.text;
        add(entryOf(std::move(record), kNobody, identity::SessionOrigin{{}, "node"}, options_.peers, Text::kFull));
    }
}

void Collector::add(const Entry& entry) {
    appendLine(entry, lines_);
    if (table_) {
        appendRow(entry, rows_);
    }
    ++taken_;
}

void Collector::writeDown() {
    if (taken_ == 0) {
        return;
    }
    if (const auto done = journal_.append(lines_); done) {
        written_ += taken_;
    } else {
        lost_ += taken_;
        log::error("audit.failed", {{"error", done.error().message}, {"statements", taken_}});
    }
    if (table_) {
        table_->add(rows_, taken_);
    }
    lines_.clear();
    rows_.clear();
    taken_ = 0;
}

}  // namespace tessera::audit

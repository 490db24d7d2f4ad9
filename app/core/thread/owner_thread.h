#pragma once

/// Brings work from any thread to the thread of a QObject, and drops it when that object is gone. The object holds an
/// OwnerThread as its last member; callbacks hold a Poster, which may outlive both.

#include <QMetaObject>
#include <QObject>
#include <memory>
#include <mutex>
#include <utility>

namespace tessera::app {

class OwnerThread {
    struct Link {
        std::mutex mutex;
        QObject* owner;  // guarded by mutex; null once the owner is going
    };

  public:
    class Poster {
      public:
        explicit Poster(std::shared_ptr<Link> link) : link_(std::move(link)) {}

        /// Any thread. `work` runs later on the owner's thread, or never.
        template <class Work>
        void operator()(Work work) const {
            const std::lock_guard lock(link_->mutex);
            if (link_->owner != nullptr) {
                QMetaObject::invokeMethod(link_->owner, std::move(work), Qt::QueuedConnection);
            }
        }

      private:
        std::shared_ptr<Link> link_;
    };

    explicit OwnerThread(QObject* owner) : link_(std::make_shared<Link>()) { link_->owner = owner; }

    ~OwnerThread() {
        const std::lock_guard lock(link_->mutex);
        link_->owner = nullptr;
    }

    OwnerThread(const OwnerThread&) = delete;
    OwnerThread& operator=(const OwnerThread&) = delete;

    Poster poster() const { return Poster(link_); }

  private:
    std::shared_ptr<Link> link_;
};

}  // namespace tessera::app

#include "agent/keychain/keychain.h"

#include "agent/keychain/sealed_store.h"

#include <openssl/rand.h>
#include <qt6keychain/keychain.h>

#include <QByteArray>
#include <QObject>
#include <QString>
#include <QTimer>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <utility>

namespace tessera::agent {

namespace {

// What the agent waits for before it goes on without; a person who is asked for the keychain's password takes longer.
constexpr std::chrono::seconds kPatience{5};

QString service() {
    return QStringLiteral("tessera-agent");
}

QByteArray newKey() {
    QByteArray key(static_cast<int>(SealedStore::kKeyBytes), '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1) {
        std::abort();
    }
    return key;
}

/// One opening: reads; if there is no key writes one, and reads that.
class Opening : public std::enable_shared_from_this<Opening> {
  public:
    Opening(QObject& owner, const std::string& name, std::function<void(Result<Secret>)> done)
        : owner_(owner), name_(QString::fromStdString(name)), done_(std::move(done)) {}

    void start() {
        QTimer::singleShot(kPatience, &owner_, [self = shared_from_this()] { self->giveUpWaiting(); });
        read(true);
    }

  private:
    void read(bool may_write) {
        auto* job = new QKeychain::ReadPasswordJob(service(), &owner_);
        job->setKey(name_);
        QObject::connect(
            job, &QKeychain::Job::finished, &owner_,
            [self = shared_from_this(), job, may_write](QKeychain::Job*) { self->haveRead(*job, may_write); });
        job->start();
    }

    void haveRead(QKeychain::ReadPasswordJob& job, bool may_write) {
        if (job.error() == QKeychain::EntryNotFound && may_write) {
            write();
        } else if (job.error() != QKeychain::NoError) {
            finish(refusal(job));
        } else if (const QByteArray key = job.binaryData();
                   static_cast<std::size_t>(key.size()) != SealedStore::kKeyBytes) {
            finish(fail(ErrorCode::kUnavailable, "the keychain holds something else than the agent's key"));
        } else {
            finish(Secret(std::string_view(key.constData(), static_cast<std::size_t>(key.size()))));
        }
    }

    void write() {
        auto* job = new QKeychain::WritePasswordJob(service(), &owner_);
        job->setKey(name_);
        job->setBinaryData(newKey());
        QObject::connect(job, &QKeychain::Job::finished, &owner_, [self = shared_from_this(), job](QKeychain::Job*) {
            if (job->error() != QKeychain::NoError) {
                self->finish(refusal(*job));
            } else {
                self->read(false);
            }
        });
        job->start();
    }

    static Error refusal(const QKeychain::Job& job) {
        return fail(ErrorCode::kUnavailable, "there is no keychain to use: " + job.errorString().toStdString());
    }

    void giveUpWaiting() {
        if (done_) {
            done_(fail(ErrorCode::kDeadlineExceeded, "the keychain has not answered for " +
                                                         std::to_string(kPatience.count()) +
                                                         " s (it may be asking for its password)"));
        }
    }

    void finish(Result<Secret> result) {
        if (const auto done = std::exchange(done_, nullptr)) {
            done(std::move(result));
        }
    }

    QObject& owner_;
    const QString name_;
    std::function<void(Result<Secret>)> done_;
};

}  // namespace

void openKeychain(QObject& owner, const std::string& name, std::function<void(Result<Secret>)> done) {
    std::make_shared<Opening>(owner, name, std::move(done))->start();
}

}  // namespace tessera::agent

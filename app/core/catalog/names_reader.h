#pragma once

/// Reads the names of one node into a NameIndex: rows are taken on the transport's thread, sorting is done by a worker,
/// and only the finished index reaches the GUI thread. What was read last stays in use until a new reading is whole.

#include "app/core/catalog/name_index.h"
#include "app/core/thread/owner_thread.h"
#include "nodeservice/client/node_client.h"

#include <QObject>
#include <memory>

namespace tessera::app {

class NamesReader : public QObject {
    Q_OBJECT

  public:
    explicit NamesReader(std::shared_ptr<client::NodeClient> client, QObject* parent = nullptr);
    ~NamesReader() override;

    /// Asks the node, unless an answer is on its way.
    void read();
    /// Something has changed: as read(), and what is on its way may be of before, so the node is asked again behind it.
    void readAnew();
    /// While paused nothing is asked, and what is on its way comes no further: somebody waits for another answer, over
    /// a link that may carry little.
    void setPaused(bool is_paused);

    /// Null until the first reading is whole.
    std::shared_ptr<const NameIndex> names() const { return names_; }

    /// Why the last reading failed, if it did.
    const Error& error() const { return error_; }

  Q_SIGNALS:
    void namesChanged();
    void readFailed();

  private:
    class Collector;

    void finish(std::uint64_t reading, Result<std::shared_ptr<const NameIndex>> result);

    const std::shared_ptr<client::NodeClient> client_;
    std::shared_ptr<const NameIndex> names_;
    Error error_;
    std::uint64_t reading_ = 0;
    bool is_asked_anew_ = false;
    bool is_paused_ = false;
    /// To be read when the pause is over.
    bool is_wanted_ = false;
    std::shared_ptr<Collector> collector_;
    OwnerThread owner_thread_;
};

}  // namespace tessera::app

#include "app/core/catalog/names_reader.h"

#include <QThreadPool>
#include <array>
#include <functional>
#include <mutex>
#include <utility>

namespace tessera::app {

namespace {

constexpr std::size_t kFieldCount = 6;
constexpr char kUnitSeparator = '\x1f';

std::vector<std::string_view> fieldsOf(std::string_view text) {
    std::vector<std::string_view> fields;
    std::size_t begin = 0;
    for (std::size_t end = text.find(kUnitSeparator); end != std::string_view::npos;
         end = text.find(kUnitSeparator, begin)) {
        fields.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    fields.push_back(text.substr(begin));
    return fields;
}

RelationKind relationKind(std::string_view relkind) {
    switch (relkind.empty() ? ' ' : relkind.front()) {
        case 'v':
            return RelationKind::kView;
        case 'f':
            return RelationKind::kForeignTable;
        case 'm':
            return RelationKind::kMaterializedView;
        default:
            return RelationKind::kTable;
    }
}

void addForeignKey(NameIndexBuilder& builder, std::string_view schema, std::string_view table, std::string_view target,
                   std::string_view columns) {
    const std::vector<std::string_view> to = fieldsOf(target);
    const std::vector<std::string_view> names = fieldsOf(columns);
    std::vector<std::pair<std::string_view, std::string_view>> pairs;
    for (std::size_t i = 0; i + 1 < names.size(); i += 2) {
        pairs.emplace_back(names[i], names[i + 1]);
    }
    if (to.size() == 2 && !pairs.empty()) {
        builder.addForeignKey({schema, table}, {to[0], to[1]}, pairs);
    }
}

/// One row, as names_statement.h describes it; sections this version does not know are passed over.
void addRow(NameIndexBuilder& builder, const std::array<std::string_view, kFieldCount>& row) {
    const auto& [kind, schema, name, detail, extra, comment] = row;
    switch (kind.empty() ? ' ' : kind.front()) {
        case 'p':
            builder.addToSearchPath(name);
            break;
        case 's':
            builder.addSchema(name);
            break;
        case 't':
            builder.addTable(schema, name, relationKind(detail), comment);
            break;
        case 'c': {
            int key_position = 0;
            for (const char c : extra) {
                key_position = c >= '0' && c <= '9' ? key_position * 10 + (c - '0') : key_position;
            }
            builder.addColumn(name, detail, extra.ends_with('n'), key_position, comment);
            break;
        }
        case 'k':
            addForeignKey(builder, schema, name, detail, extra);
            break;
        case 'f':
            builder.addFunction(schema, name, detail, extra, comment);
            break;
        default:
            break;
    }
}

}  // namespace

/// Hears the answer on the transport's threads.
class NamesReader::Collector final : public client::QueryObserver {
  public:
    using Finish = std::function<void(Result<std::shared_ptr<const NameIndex>>)>;

    explicit Collector(Finish finish) : finish_(std::move(finish)) {}

    /// The handle of the call; batches may have come before.
    void attach(std::unique_ptr<client::RunningQuery> running) {
        {
            const std::lock_guard lock(mutex_);
            running_ = std::move(running);
        }
        releaseOwed();
    }

    void setPaused(bool is_paused) {
        {
            const std::lock_guard lock(mutex_);
            is_paused_ = is_paused;
        }
        releaseOwed();
    }

    /// Cancels; nothing is told any more.
    void abandon() {
        std::shared_ptr<client::RunningQuery> running;
        {
            const std::lock_guard lock(mutex_);
            is_abandoned_ = true;
            running = std::move(running_);
        }
        if (running) {
            running->cancel();
        }
    }

    void onColumns(std::vector<client::ResultColumn> columns) override { column_count_ = columns.size(); }

    void onBatch(std::shared_ptr<const client::ResultBatch> batch) override {
        if (column_count_ == kFieldCount) {
            std::array<std::string_view, kFieldCount> row;
            for (std::size_t i = 0; i < batch->rowCount(); ++i) {
                for (std::size_t field = 0; field < kFieldCount; ++field) {
                    row[field] = batch->isNull(i, field) ? std::string_view() : batch->textView(i, field);
                }
                addRow(*builder_, row);
            }
        }
        {
            const std::lock_guard lock(mutex_);
            ++owed_releases_;
        }
        releaseOwed();
    }

    void onDone(Result<client::Completion> result) override {
        {
            const std::lock_guard lock(mutex_);
            if (is_abandoned_) {
                return;
            }
        }
        if (!result) {
            finish_(std::move(result).error());
            return;
        }
        QThreadPool::globalInstance()->start([finish = finish_, builder = builder_] {
            finish(std::shared_ptr<const NameIndex>(std::make_shared<NameIndex>(builder->finish())));
        });
    }

  private:
    void releaseOwed() {
        std::shared_ptr<client::RunningQuery> running;
        int owed = 0;
        {
            const std::lock_guard lock(mutex_);
            if (running_ && !is_paused_) {
                running = running_;
                owed = std::exchange(owed_releases_, 0);
            }
        }
        for (; owed > 0; --owed) {
            running->release();
        }
    }

    const Finish finish_;
    // Used by one transport thread at a time, then by the worker.
    const std::shared_ptr<NameIndexBuilder> builder_ = std::make_shared<NameIndexBuilder>();
    std::size_t column_count_ = 0;
    std::mutex mutex_;
    // Guarded by mutex_; never called under it.
    std::shared_ptr<client::RunningQuery> running_;
    int owed_releases_ = 0;
    bool is_abandoned_ = false;
    bool is_paused_ = false;
};

NamesReader::NamesReader(std::shared_ptr<client::NodeClient> client, QObject* parent)
    : QObject(parent), client_(std::move(client)), owner_thread_(this) {}

NamesReader::~NamesReader() {
    if (collector_) {
        collector_->abandon();
    }
}

void NamesReader::read() {
    is_wanted_ = is_paused_;
    if (collector_ || is_paused_) {
        return;
    }
    const std::uint64_t reading = ++reading_;
    collector_ = std::make_shared<Collector>(
        [this, reading, post = owner_thread_.poster()](Result<std::shared_ptr<const NameIndex>> result) {
            auto shared = std::make_shared<Result<std::shared_ptr<const NameIndex>>>(std::move(result));
            post([this, reading, shared] { finish(reading, std::move(*shared)); });
        });
    const std::shared_ptr<Collector> collector = collector_;
    collector->attach(client_->readNames(collector));
}

void NamesReader::readAnew() {
    is_asked_anew_ = collector_ != nullptr;
    read();
}

void NamesReader::setPaused(bool is_paused) {
    is_paused_ = is_paused;
    if (collector_) {
        collector_->setPaused(is_paused);
    }
    if (!is_paused && is_wanted_) {
        read();
    }
}

void NamesReader::finish(std::uint64_t reading, Result<std::shared_ptr<const NameIndex>> result) {
    if (reading != reading_) {
        return;
    }
    // The handle goes here, on the GUI thread: the transport may be inside its last call.
    collector_->abandon();
    collector_.reset();
    if (result) {
        error_ = {};
        names_ = std::move(*result);
        Q_EMIT namesChanged();
    } else {
        error_ = result.error();
        Q_EMIT readFailed();
    }
    if (std::exchange(is_asked_anew_, false)) {
        read();
    }
}

}  // namespace tessera::app

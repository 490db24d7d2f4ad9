#include "app/core/edit/row_apply.h"

#include <utility>

namespace tessera::app {

namespace {

// Steps beside the rows.
constexpr std::size_t kSave = SIZE_MAX;
constexpr std::size_t kRelease = SIZE_MAX - 1;
constexpr std::size_t kRestore = SIZE_MAX - 2;

client::QueryRequest statement(const char* sql) {
    client::QueryRequest request;
    request.sql = sql;
    return request;
}

Error conflict(std::uint64_t rows) {
    if (rows == 0) {
        return fail(ErrorCode::kAborted, "somebody else has changed or deleted the row since it was read",
                    "run the query again to see it as it is now");
    }
    return fail(ErrorCode::kAborted, "the key is that of " + std::to_string(rows) + " rows",
                "change them by a statement");
}

}  // namespace

class RowApply::Answer final : public client::QueryObserver {
  public:
    Answer(RowApply& apply, std::size_t step) : apply_(apply), step_(step), post_(apply.owner_thread_.poster()) {}

    void onColumns(std::vector<client::ResultColumn>) override {}

    void onBatch(std::shared_ptr<const client::ResultBatch>) override {}

    void onDone(Result<client::Completion> result) override {
        post_([&apply = apply_, step = step_, result = std::move(result)] { apply.onDone(result, step); });
    }

  private:
    RowApply& apply_;
    const std::size_t step_;
    const OwnerThread::Poster post_;
};

RowApply::RowApply(QObject* parent) : QObject(parent), owner_thread_(this) {}

void RowApply::start(std::shared_ptr<client::NodeClient> node, Transaction& open,
                     std::vector<client::QueryRequest> rows) {
    node_ = std::move(node);
    rows_ = std::move(rows);
    row_ = 0;
    error_.reset();
    if (open.mode() == Transaction::Mode::kManual || open.isOpen()) {
        transaction_ = &open;
        run(statement("SAVEPOINT tessera_rows"), kSave);
        return;
    }
    own_ = std::make_unique<Transaction>();
    own_->setMode(Transaction::Mode::kManual);
    transaction_ = own_.get();
    connect(own_.get(), &Transaction::ended, this, &RowApply::end);
    next();
}

void RowApply::run(client::QueryRequest request, std::size_t step) {
    const auto executor = transaction_->prepare(node_, request);
    running_ = executor->execute(std::move(request), std::make_shared<Answer>(*this, step));
}

void RowApply::next() {
    if (row_ < rows_.size()) {
        run(rows_[row_], row_);
    } else if (own_) {
        transaction_->commit();
    } else {
        run(statement("RELEASE SAVEPOINT tessera_rows"), kRelease);
    }
}

void RowApply::onDone(const Result<client::Completion>& result, std::size_t step) {
    if (transaction_ == nullptr) {
        return;
    }
    transaction_->statementEnded();
    if (step == kRestore) {
        end(error_);
        return;
    }
    if (!result) {
        error_ = result.error();
    } else if (step < rows_.size() && result->row_count != 1) {
        error_ = conflict(result->row_count);
    }
    if (!error_ && step == kRelease) {
        end(std::nullopt);
    } else if (!error_) {
        row_ += step == kSave ? 0 : 1;
        next();
    } else if (own_ || step == kSave) {
        // Without a session nothing of it remains.
        end(error_);
    } else {
        run(statement("ROLLBACK TO SAVEPOINT tessera_rows"), kRestore);
    }
}

void RowApply::end(std::optional<Error> error) {
    running_.reset();
    transaction_ = nullptr;
    if (own_) {
        // Called by it, maybe.
        own_.release()->deleteLater();
    }
    Q_EMIT finished(error, row_);
}

}  // namespace tessera::app

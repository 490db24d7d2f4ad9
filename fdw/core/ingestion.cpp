/// Bulk inserts into a participant's session.
#include "fdw/core/transaction.h"
#include "plugins/sdk/boundary.h"

#include <memory>

namespace sdk = tessera::sdk;
using tessera::Result;

struct TsrIngestion : TsrActivity {
    explicit TsrIngestion(TsrParticipant* taking_part) : participant(taking_part) {}

    ~TsrIngestion() override {
        if (participant != nullptr && participant->activity == this) {
            participant->activity = nullptr;
        }
        abandon();
    }

    TsrIngestion(const TsrIngestion&) = delete;
    TsrIngestion& operator=(const TsrIngestion&) = delete;

    void abandon() noexcept override {
        if (ingest != nullptr) {
            participant->lease.connector->close_ingest(ingest);
        }
        ingest = nullptr;
        participant = nullptr;
    }

    TsrStatus noted(TsrStatus status, const TsrError& error) const {
        if (status == TSR_ERROR) {
            participant->lease.record->last_error = error.message;
        }
        return status;
    }

    TsrParticipant* participant;
    TsrIngest* ingest = nullptr;
};

namespace {

/// Runs `body()`, unless a rollback has ended the ingest.
template <class Body>
TsrStatus whileRunning(const TsrIngestion* ingestion, TsrError* error, Body&& body) {
    if (ingestion->ingest == nullptr) {
        return sdk::report(tessera::fail(tessera::ErrorCode::kAborted, "the insert was ended by a rollback"), error);
    }
    return ingestion->noted(body(), *error);
}

}  // namespace

extern "C" {

TsrStatus tsr_ingestion_start(TsrParticipant* participant, const TsrTarget* target, TsrIngestion** ingestion,
                              TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        auto started = std::make_unique<TsrIngestion>(participant);
        const TsrStatus status = started->noted(
            participant->lease.connector->start_ingest(participant->lease.session, target, &started->ingest, error),
            *error);
        ++participant->lease.record->statements;
        if (status == TSR_OK) {
            participant->activity = started.get();
            *ingestion = started.release();
        }
        return status;
    });
}

TsrStatus tsr_ingestion_rows(TsrIngestion* ingestion, const TsrParam* values, size_t row_count, TsrError* error) {
    return whileRunning(ingestion, error, [&] {
        return ingestion->participant->lease.connector->ingest(ingestion->ingest, values, row_count, error);
    });
}

TsrStatus tsr_ingestion_finish(TsrIngestion* ingestion, int64_t* row_count, TsrError* error) {
    return whileRunning(ingestion, error, [&] {
        return ingestion->participant->lease.connector->finish_ingest(ingestion->ingest, row_count, error);
    });
}

void tsr_ingestion_destroy(TsrIngestion* ingestion) {
    delete ingestion;
}
}

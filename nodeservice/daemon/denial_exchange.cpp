#include "nodeservice/daemon/denial_exchange.h"

#include "common/log.h"

#include <chrono>
#include <utility>

namespace tessera::node {

namespace {

constexpr std::chrono::milliseconds kPause{500};

/// "Data exception" and "integrity constraint violation".
bool isOfTheValues(const Error& error) {
    return error.sqlstate.starts_with("22") || error.sqlstate.starts_with("23");
}

}  // namespace

DenialExchange::DenialExchange(std::string node, postgres::ConnectionSettings server, server::StoreNode& store)
    : node_(std::move(node)), store_(store), writes_(store.makeJobStore()), table_(std::move(server)) {}

void DenialExchange::start() {
    thread_.start("denials-store", [this] { run(); });
}

void DenialExchange::requestStop() {
    thread_.requestStop();
}

void DenialExchange::stop() {
    thread_.stop();
    table_.close();
}

void DenialExchange::run() {
    while (!thread_.stopsWithin(kPause)) {
        const Result<> done = exchange();
        if (!done) {
            seen_.reset();
            if (!is_failing_) {
                log::warn("identity.denials_not_shared", {{"error", done.error().describe()}});
            }
        } else if (is_failing_) {
            log::info("identity.denials_shared_again", {});
        }
        is_failing_ = !done;
    }
}

Result<> DenialExchange::exchange() {
    const store::raft::Index applied = store_.applied();
    // Both, whatever the first says: what has been heard is not heard again.
    const bool has_changed_here = TSR_TRY(table_.mayHaveChanged());
    if (!has_changed_here && seen_ == applied) {
        return {};
    }
    const DenialState store = TSR_TRY(readStore());
    const DenialNews news = newsOf(TSR_TRY(readDenials(table_.connection(), node_)), store);
    TSR_TRY(hear(news.for_node));
    if (!news.for_store.empty()) {
        TSR_TRY(writes_->apply(batchOf(news.for_store)));
    }
    seen_ = applied;
    return {};
}

Result<> DenialExchange::hear(const DenialState& news) {
    for (const SaidDenial& entry : news.said) {
        if (unusable_.contains(entry.key)) {
            continue;
        }
        const Result<> noted = note(table_.connection(), entry);
        if (!noted && !isOfTheValues(noted.error())) {
            return noted;
        }
        if (!noted) {
            // Somebody has written the store's table by hand: the other entries hold all the same.
            unusable_.insert(entry.key);
            log::error("identity.denial_unusable", {{"key", entry.key}, {"error", noted.error().message}});
            continue;
        }
        log::info("identity.denial_heard", {{"node", entry.node}, {"denied_by", entry.denied_by}});
    }
    for (const LiftedDenial& entry : news.lifted) {
        TSR_TRY(note(table_.connection(), entry));
        log::info("identity.denial_lifted", {{"node", entry.node}, {"lifted_by", entry.lifted_by}});
    }
    return {};
}

Result<DenialState> DenialExchange::readStore() {
    const auto found = TSR_TRY(store_.readHere(statementToFindDenials()));
    if (found.empty() || found.front().front() != store::sqlite::Value(std::int64_t{1})) {
        return DenialState();
    }
    return denialsOf(TSR_TRY(store_.readHere(statementToReadDenials())));
}

}  // namespace tessera::node

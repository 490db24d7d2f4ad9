#pragma once

/// What a statement does to the transaction it stands in, by its first words. Pure; any thread.

#include <string_view>

namespace tessera::app {

enum class TransactionWord {
    /// Runs in a transaction as any other.
    kNone,
    /// BEGIN, START TRANSACTION
    kBegin,
    /// COMMIT, END, ROLLBACK, ABORT; not ROLLBACK TO a savepoint
    kEnd,
};

TransactionWord transactionWordOf(std::string_view statement);

}  // namespace tessera::app

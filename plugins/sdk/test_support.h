#pragma once

/// For unit tests of connectors: a host whose signal the test sets, and batches as rows of text. Rows are shown as
/// PostgreSQL shows them, nulls as "NULL", bytes as "\x6162".

#include "plugins/sdk/connector_base.h"
#include "plugins/sdk/values.h"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::sdk::test {

/// `signal` is what poll_signal answers; `on_poll`, when set, runs first (in the thread that asks) and may change it.
struct ManualHost : TsrHost {
    std::atomic<TsrSignal> signal{TSR_SIGNAL_NONE};
    std::function<void()> on_poll;

    ManualHost() {
        struct_size = sizeof(TsrHost);
        poll_signal = [](const TsrHost* host) {
            const auto* self = static_cast<const ManualHost*>(host);
            if (self->on_poll) {
                self->on_poll();
            }
            return self->signal.load();
        };
    }
};

/// Options from a braced list; owns the strings.
class OptionList {
  public:
    OptionList(std::initializer_list<std::pair<std::string, std::string>> options) : strings_(options) {}

    operator Options() const {  // NOLINT(google-explicit-constructor): stands where Options are wanted
        std::vector<TsrOption> borrowed;
        for (const auto& [name, value] : strings_) {
            borrowed.push_back({name.c_str(), value.c_str()});
        }
        return {borrowed.data(), borrowed.size()};
    }

  private:
    std::vector<std::pair<std::string, std::string>> strings_;
};

using Row = std::vector<std::string>;

inline bool isValid(const ArrowArray& column, std::int64_t row) {
    const auto* bits = static_cast<const std::uint8_t*>(column.buffers[0]);
    return bits == nullptr || (bits[row / 8] >> (row % 8) & 1) != 0;
}

template <class T>
T fixedAt(const ArrowArray& column, std::int64_t row) {
    return static_cast<const T*>(column.buffers[1])[row];
}

inline std::string_view bytesAt(const ArrowArray& column, std::int64_t row) {
    const auto* offsets = static_cast<const std::int32_t*>(column.buffers[1]);
    return {static_cast<const char*>(column.buffers[2]) + offsets[row],
            static_cast<std::size_t>(offsets[row + 1] - offsets[row])};
}

inline std::string hexOf(std::string_view bytes) {
    std::string text = "\\x";
    for (const char c : bytes) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(c));
        text += digits;
    }
    return text;
}

inline std::string valueAt(const ArrowArray& column, TsrType type, std::int64_t row) {
    if (!isValid(column, row)) {
        return "NULL";
    }
    switch (type) {
        case TSR_TYPE_BOOL:
            return (static_cast<const std::uint8_t*>(column.buffers[1])[row / 8] >> (row % 8) & 1) != 0 ? "t" : "f";
        case TSR_TYPE_INT16:
            return std::to_string(fixedAt<std::int16_t>(column, row));
        case TSR_TYPE_INT32:
            return std::to_string(fixedAt<std::int32_t>(column, row));
        case TSR_TYPE_INT64:
            return std::to_string(fixedAt<std::int64_t>(column, row));
        case TSR_TYPE_FLOAT32:
            return formatFloat(static_cast<double>(fixedAt<float>(column, row)));
        case TSR_TYPE_FLOAT64:
            return formatFloat(fixedAt<double>(column, row));
        case TSR_TYPE_DATE:
            return formatDate(fixedAt<std::int32_t>(column, row));
        case TSR_TYPE_TIME:
            return formatTime(fixedAt<std::int64_t>(column, row));
        case TSR_TYPE_TIMESTAMP:
            return formatTimestamp(fixedAt<std::int64_t>(column, row));
        case TSR_TYPE_TIMESTAMPTZ: {
            const std::string text = formatTimestamp(fixedAt<std::int64_t>(column, row));
            return text.ends_with("infinity") ? text : text + "+00";
        }
        case TSR_TYPE_UUID:
            return formatUuid({static_cast<const char*>(column.buffers[1]) + row * 16, 16});
        case TSR_TYPE_BYTES:
            return hexOf(bytesAt(column, row));
        case TSR_TYPE_DECIMAL:
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            return std::string(bytesAt(column, row));
    }
    return "?";
}

/// Reads a cursor to its end. Counts rows of batches without columns as empty rows.
inline Result<std::vector<Row>> readAll(Cursor& cursor, const std::vector<TsrType>& types) {
    std::vector<Row> rows;
    while (true) {
        ArrowArray batch{};
        const Fetch fetched = TSR_TRY(cursor.next(&batch));
        if (fetched == Fetch::kEnd) {
            return rows;
        }
        if (fetched == Fetch::kAgain) {
            continue;
        }
        for (std::int64_t row = 0; row < batch.length; ++row) {
            Row& values = rows.emplace_back();
            for (std::size_t column = 0; column < types.size(); ++column) {
                values.push_back(valueAt(*batch.children[column], types[column], row));
            }
        }
        batch.release(&batch);
    }
}

/// Runs a statement to its end.
inline Result<std::vector<Row>> query(Session& session, std::string_view text, const std::vector<TsrType>& types,
                                      const std::vector<TsrParam>& params = {}, std::size_t batch_bytes = 65'536) {
    const auto cursor = TSR_TRY(session.execute({text, params, types, batch_bytes}));
    return readAll(*cursor, types);
}

/// A parameter that borrows `value`, which must outlive the statement's start.
template <class T>
TsrParam param(TsrType type, const T& value) {
    return {type, false, &value, sizeof value};
}

inline TsrParam textParam(TsrType type, std::string_view value) {
    return {type, false, value.data(), value.size()};
}

inline TsrParam nullParam(TsrType type) {
    return {type, true, nullptr, 0};
}

}  // namespace tessera::sdk::test

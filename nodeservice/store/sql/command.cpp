#include "nodeservice/store/sql/command.h"

#include <algorithm>
#include <bit>
#include <type_traits>

namespace tessera::store {

namespace {

/// The second has what the first cannot say: rows and restores. Of an outcome it is written only where it is needed.
constexpr char kFormat = 1;
constexpr char kSecondFormat = 2;
/// Of commands, which are written so since the control plane's names are guarded. What was written before was not.
constexpr char kGuardedFormat = 3;

/// Little-endian numbers and texts with their length before them.
class Writer {
  public:
    void number(std::uint64_t value) {
        for (int i = 0; i < 8; ++i) {
            bytes += static_cast<char>(value >> (8 * i));
        }
    }

    void text(std::string_view value) {
        number(value.size());
        bytes += value;
    }

    void value(const sqlite::Value& value) {
        bytes += static_cast<char>(value.index());
        std::visit(
            [this](const auto& held) {
                using T = std::decay_t<decltype(held)>;
                if constexpr (std::is_same_v<T, std::int64_t>) {
                    number(static_cast<std::uint64_t>(held));
                } else if constexpr (std::is_same_v<T, double>) {
                    number(std::bit_cast<std::uint64_t>(held));
                } else if constexpr (std::is_same_v<T, std::string>) {
                    text(held);
                } else if constexpr (std::is_same_v<T, sqlite::Blob>) {
                    text(held.bytes);
                }
            },
            value);
    }

    std::string bytes;
};

/// Whatever is missing makes it bad, and reads as nothing.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    bool isGood() const { return is_good_ && rest_.empty(); }

    bool hasFailed() const { return !is_good_; }

    char byte() {
        const std::string_view one = take(1);
        return one.empty() ? '\0' : one[0];
    }

    std::uint64_t number() {
        const std::string_view bytes = take(8);
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
        }
        return value;
    }

    std::string text() { return std::string(take(number())); }

    sqlite::Value value() {
        switch (byte()) {
            case 0:
                return std::monostate();
            case 1:
                return static_cast<std::int64_t>(number());
            case 2:
                return std::bit_cast<double>(number());
            case 3:
                return text();
            case 4:
                return sqlite::Blob{text()};
            default:
                is_good_ = false;
                return std::monostate();
        }
    }

  private:
    std::string_view take(std::uint64_t count) {
        if (count > rest_.size()) {
            is_good_ = false;
            rest_ = {};
            return {};
        }
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }

    std::string_view rest_;
    bool is_good_ = true;
};

void readRows(Reader& in, StatementOutcome& statement) {
    const std::uint64_t columns = in.number();
    for (std::uint64_t i = 0; i < columns && !in.hasFailed(); ++i) {
        statement.columns.push_back(in.text());
    }
    const std::uint64_t rows = in.number();
    for (std::uint64_t i = 0; i < rows && !in.hasFailed(); ++i) {
        auto& row = statement.rows.emplace_back();
        for (std::uint64_t j = 0; j < columns && !in.hasFailed(); ++j) {
            row.push_back(in.value());
        }
    }
}

Error unreadable() {
    return fail(ErrorCode::kDataLoss, "an entry of the store's log cannot be read");
}

}  // namespace

std::string Command::encode() const {
    Writer out;
    out.bytes += kGuardedFormat;
    out.number(client);
    out.number(sequence);
    out.number(static_cast<std::uint64_t>(now_ms));
    out.number(seed);
    out.number(statements.size());
    for (const SqlStatement& statement : statements) {
        out.text(statement.sql);
        out.number(statement.parameters.size());
        for (const sqlite::Value& value : statement.parameters) {
            out.value(value);
        }
    }
    out.number(guarded_names);
    out.number(keeps_rows ? 1 : 0);
    out.number(restore ? 1 : 0);
    if (restore) {
        out.number(restore->offset);
        out.text(restore->bytes);
        out.number(restore->is_last ? 1 : 0);
        out.number(restore->size);
        out.number(restore->checksum);
        out.number(restore->keeps_control_plane ? 1 : 0);
    }
    return std::move(out.bytes);
}

Result<Command> Command::decode(std::string_view bytes) {
    Reader in(bytes);
    const char format = in.byte();
    if (format != kFormat && format != kSecondFormat && format != kGuardedFormat) {
        return unreadable();
    }
    Command command;
    command.client = in.number();
    command.sequence = in.number();
    command.now_ms = static_cast<std::int64_t>(in.number());
    command.seed = in.number();
    const std::uint64_t statements = in.number();
    for (std::uint64_t i = 0; i < statements && !in.hasFailed(); ++i) {
        SqlStatement statement{in.text(), {}};
        const std::uint64_t parameters = in.number();
        for (std::uint64_t j = 0; j < parameters && !in.hasFailed(); ++j) {
            statement.parameters.push_back(in.value());
        }
        command.statements.push_back(std::move(statement));
    }
    command.guarded_names = format == kGuardedFormat ? in.number() : 0;
    if (command.guarded_names > kControlPlaneNames) {
        return fail(ErrorCode::kFailedPrecondition, "an entry of the store's log was written by a later release",
                    "update this node");
    }
    if (format != kFormat) {
        command.keeps_rows = in.number() != 0;
        if (in.number() != 0) {
            RestoreStep& step = command.restore.emplace();
            step.offset = in.number();
            step.bytes = in.text();
            step.is_last = in.number() != 0;
            step.size = in.number();
            step.checksum = in.number();
            step.keeps_control_plane = format == kGuardedFormat && in.number() != 0;
        }
    }
    return in.isGood() ? Result<Command>(std::move(command)) : unreadable();
}

std::string Outcome::encode() const {
    const bool is_second = std::any_of(statements.begin(), statements.end(),
                                       [](const StatementOutcome& statement) { return !statement.columns.empty(); });
    Writer out;
    out.bytes += is_second ? kSecondFormat : kFormat;
    out.text(error);
    out.number(failed);
    out.number(statements.size());
    for (const StatementOutcome& statement : statements) {
        out.number(static_cast<std::uint64_t>(statement.changes));
        out.number(static_cast<std::uint64_t>(statement.last_rowid));
        if (!is_second) {
            continue;
        }
        out.number(statement.columns.size());
        for (const std::string& column : statement.columns) {
            out.text(column);
        }
        out.number(statement.rows.size());
        for (const auto& row : statement.rows) {
            for (const sqlite::Value& value : row) {
                out.value(value);
            }
        }
    }
    return std::move(out.bytes);
}

Result<Outcome> Outcome::decode(std::string_view bytes) {
    Reader in(bytes);
    const char format = in.byte();
    if (format != kFormat && format != kSecondFormat) {
        return unreadable();
    }
    Outcome outcome;
    outcome.error = in.text();
    outcome.failed = in.number();
    const std::uint64_t statements = in.number();
    for (std::uint64_t i = 0; i < statements && !in.hasFailed(); ++i) {
        StatementOutcome& statement = outcome.statements.emplace_back();
        statement.changes = static_cast<std::int64_t>(in.number());
        statement.last_rowid = static_cast<std::int64_t>(in.number());
        if (format == kSecondFormat) {
            readRows(in, statement);
        }
    }
    return in.isGood() ? Result<Outcome>(std::move(outcome)) : unreadable();
}

}  // namespace tessera::store

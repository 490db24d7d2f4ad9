#include "tests/fault/sql_machine.h"

#include "tests/support/temporary_directory.h"

#include <cstdlib>
#include <fstream>

namespace tessera::fault {

SqlMachine::SqlMachine(std::filesystem::path file) : file_(std::move(file)) {
    auto data = store::Data::open(file_.string() + ".db");
    if (!data) {
        std::fprintf(stderr, "%s\n", data.error().describe().c_str());
        std::abort();
    }
    data_ = std::move(*data);
}

Result<std::string> SqlMachine::apply(const Entry& entry) {
    const store::Outcome outcome = TSR_TRY(data_->apply(entry));
    return outcome.error.empty() ? std::string("ok") : outcome.error;
}

std::string SqlMachine::read(const std::string& question) {
    const auto rows = data_->query({question, {}});
    if (!rows) {
        return rows.error().message;
    }
    std::string text;
    for (const auto& row : *rows) {
        for (const auto& value : row) {
            if (const auto* integer = std::get_if<std::int64_t>(&value)) {
                text += std::to_string(*integer) + " ";
            }
        }
    }
    return text;
}

Result<std::string> SqlMachine::save() {
    std::filesystem::remove(copy());
    TSR_TRY(data_->backUp(copy()));
    return readFile(copy());
}

Result<> SqlMachine::restore(Index index, const std::string& bytes) {
    std::ofstream(copy(), std::ios::binary) << bytes;
    TSR_TRY(data_->restore(copy()));
    if (data_->applied() != index) {
        return fail(ErrorCode::kDataLoss, "the snapshot is not of the index it says");
    }
    return {};
}

}  // namespace tessera::fault

#include "tests/conformance/arrow_text.h"

#include "plugins/sdk/batch_builder.h"
#include "plugins/sdk/test_support.h"
#include "plugins/sdk/values.h"

namespace tessera::conformance {

namespace {

bool isVariable(TsrType type) {
    const std::string_view format = sdk::arrowFormat(type);
    return format == "u" || format == "z";
}

std::size_t fixedWidth(TsrType type) {
    switch (type) {
        case TSR_TYPE_INT16:
            return 2;
        case TSR_TYPE_INT32:
        case TSR_TYPE_FLOAT32:
        case TSR_TYPE_DATE:
            return 4;
        case TSR_TYPE_UUID:
            return 16;
        default:
            return 8;
    }
}

Result<> checkColumn(const ArrowArray& column, TsrType type, std::int64_t length) {
    const bool variable = isVariable(type);
    if (column.length != length || column.offset != 0 || column.n_buffers != (variable ? 3 : 2)) {
        return fail(ErrorCode::kInternal, "its length, offset or number of buffers is wrong");
    }
    if (column.null_count != 0 && column.buffers[0] == nullptr) {
        return fail(ErrorCode::kInternal, "it counts NULLs and has no validity bitmap");
    }
    std::int64_t nulls = 0;
    for (std::int64_t row = 0; row < length; ++row) {
        const bool null = !sdk::test::isValid(column, row);
        nulls += null ? 1 : 0;
        if (variable) {
            const auto* offsets = static_cast<const std::int32_t*>(column.buffers[1]);
            if (offsets[row] < 0 || offsets[row + 1] < offsets[row]) {
                return fail(ErrorCode::kInternal, "its offsets do not grow");
            }
            if (!null && type != TSR_TYPE_BYTES) {
                TSR_TRY(sdk::checkText(sdk::test::bytesAt(column, row)));
            }
        }
    }
    if (column.null_count >= 0 && nulls != column.null_count) {
        return fail(ErrorCode::kInternal, "its null_count is wrong");
    }
    return {};
}

}  // namespace

Result<> checkBatch(const ArrowArray& batch, const std::vector<TsrType>& types) {
    if (batch.release == nullptr || batch.n_children != static_cast<std::int64_t>(types.size()) || batch.offset != 0) {
        return fail(ErrorCode::kInternal, "a batch has " + std::to_string(batch.n_children) + " columns, not " +
                                              std::to_string(types.size()) + ", or is released");
    }
    if (batch.length <= 0) {
        return fail(ErrorCode::kInternal, "a batch has no rows");
    }
    for (std::size_t i = 0; i < types.size(); ++i) {
        if (auto checked = checkColumn(*batch.children[i], types[i], batch.length); !checked) {
            return std::move(checked.error()).withContext("column " + std::to_string(i + 1) + " of a batch");
        }
    }
    return {};
}

Cell cellText(const ArrowArray& batch, const std::vector<TsrType>& types, std::int64_t row, std::size_t column) {
    const ArrowArray& array = *batch.children[column];
    if (!sdk::test::isValid(array, row)) {
        return std::nullopt;
    }
    return sdk::test::valueAt(array, types[column], row);
}

std::size_t batchBytes(const ArrowArray& batch, const std::vector<TsrType>& types) {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < types.size(); ++i) {
        const ArrowArray& column = *batch.children[i];
        const auto length = static_cast<std::size_t>(batch.length);
        bytes += isVariable(types[i])
                     ? static_cast<std::size_t>(static_cast<const std::int32_t*>(column.buffers[1])[batch.length])
                     : length * fixedWidth(types[i]);
    }
    return bytes;
}

}  // namespace tessera::conformance

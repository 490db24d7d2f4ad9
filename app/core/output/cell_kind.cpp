#include "app/core/output/cell_kind.h"

namespace tessera::app {

CellKind cellKindOf(const client::ResultColumn& column) {
    switch (column.encoding) {
        case client::ColumnEncoding::kBool:
            return CellKind::kBoolean;
        case client::ColumnEncoding::kInt64:
        case client::ColumnEncoding::kFloat64:
        case client::ColumnEncoding::kFloat32:
            return CellKind::kNumber;
        case client::ColumnEncoding::kText:
            break;
    }
    const std::string& type = column.type_name;
    if (type == "json" || type == "jsonb") {
        return CellKind::kJson;
    }
    const bool is_numeric = type == "numeric" || (type.starts_with("numeric(") && type.ends_with(")"));
    return is_numeric ? CellKind::kNumber : CellKind::kText;
}

}  // namespace tessera::app

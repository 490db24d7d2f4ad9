#include "tests/conformance/source.h"

namespace tessera::conformance {

void PrintTo(const SourceFactory& factory, std::ostream* out) {
    *out << factory.name;
}

std::unique_ptr<Source> ConnectorConformance::source_;

void ConnectorConformance::SetUp() {
    if (source_ != nullptr) {
        return;
    }
    auto started = GetParam().start();
    ASSERT_TRUE(started) << started.error().describe();
    source_ = std::move(*started);
}

void ConnectorConformance::TearDownTestSuite() {
    source_.reset();
}

bool ConnectorConformance::killSource() {
    killed_ = std::move(source_);
    return killed_->kill();
}

std::vector<std::string> columnNames(const KnownTable& table) {
    std::vector<std::string> names;
    for (const KnownColumn& column : table.columns) {
        names.push_back(column.name);
    }
    return names;
}

std::vector<TsrType> columnTypes(const KnownTable& table) {
    std::vector<TsrType> types;
    for (const KnownColumn& column : table.columns) {
        types.push_back(column.type);
    }
    return types;
}

std::string longText(std::size_t count) {
    std::string text;
    for (int number = 0; text.size() < count; ++number) {
        text += std::to_string(number) + " ";
    }
    text.resize(count - 1);
    return text + ".";
}

}  // namespace tessera::conformance

/// A connector library that connector_loader_test.cpp loads; built several times, each time with one thing made wrong.

#include "plugins/sdk/connector_base.h"

#ifndef TSR_TEST_NO_ENTRY

extern "C" __attribute__((visibility("default"))) const TsrConnector* tessera_connector();

extern "C" __attribute__((visibility("default"))) const TsrConnector* tessera_connector() {
    static const TsrConnector kTable = [] {
        const auto open = [](const TsrHost&,
                             const tessera::sdk::Options&) -> tessera::Result<std::unique_ptr<tessera::sdk::Session>> {
            return tessera::fail(tessera::ErrorCode::kUnavailable, "this connector opens nothing");
        };
        TsrConnector table = tessera::sdk::makeConnector(TSR_TEST_NAME, "1.0", "plan", {}, open, nullptr);
        table.abi_major = TSR_TEST_ABI_MAJOR;
        table.struct_size = TSR_TEST_STRUCT_SIZE;
        if (TSR_TEST_WITHOUT_EXECUTE) {
            table.execute = nullptr;
        }
        return table;
    }();
    return &kTable;
}

#endif

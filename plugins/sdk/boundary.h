#pragma once

/// Both sides' wall at a C boundary: Errors become TsrErrors, and no exception passes. Any thread.

#include "common/result.h"
#include "plugins/sdk/connector.h"

#include <exception>
#include <new>

namespace tessera::sdk {

/// Copies the error out, cutting what is too long; returns TSR_ERROR.
TsrStatus report(const Error& error, TsrError* out);

/// The other way round.
Error fromReport(const TsrError& error);

/// Runs a body that returns Result<TsrStatus>.
template <class Body>
TsrStatus guarded(TsrError* error, Body&& body) noexcept {
    try {
        Result<TsrStatus> result = body();
        return result ? *result : report(result.error(), error);
    } catch (const std::bad_alloc&) {
        Error out_of_memory = fail(ErrorCode::kResourceExhausted, "out of memory");
        out_of_memory.sqlstate = "53200";
        return report(out_of_memory, error);
    } catch (const std::exception& e) {
        return report(fail(ErrorCode::kInternal, std::string("unexpected failure: ") + e.what()), error);
    } catch (...) {
        return report(fail(ErrorCode::kInternal, "unexpected failure"), error);
    }
}

}  // namespace tessera::sdk

#include "plugins/sdk/boundary.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace tessera::sdk {

namespace {

template <std::size_t kSize>
void copyText(char (&target)[kSize], std::string_view text) {
    std::size_t size = std::min(text.size(), kSize - 1);
    // Never cut a UTF-8 sequence in two: a message with half a character is refused by its readers.
    while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
        --size;
    }
    std::memcpy(target, text.data(), size);
    target[size] = '\0';
}

}  // namespace

TsrStatus report(const Error& error, TsrError* out) {
    copyText(out->sqlstate, error.sqlState());
    copyText(out->message, error.message);
    copyText(out->detail, error.detail);
    copyText(out->hint, error.hint);
    out->position = error.position;
    return TSR_ERROR;
}

Error fromReport(const TsrError& error) {
    return Error{
        errorCodeOfSqlState(error.sqlstate), error.message, error.hint, error.detail, error.sqlstate, error.position};
}

}  // namespace tessera::sdk

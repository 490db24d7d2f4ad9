#pragma once

/// Ownership of C handles: `using PgConnection = Handle<PGconn, PQfinish>;` is a unique_ptr as large as a pointer.

#include <memory>

namespace tessera {

template <auto kFree>
struct FreeWith {
    template <class T>
    void operator()(T* handle) const noexcept {
        kFree(handle);
    }
};

template <class T, auto kFree>
using Handle = std::unique_ptr<T, FreeWith<kFree>>;

}  // namespace tessera

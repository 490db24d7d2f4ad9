#pragma once

/// Result<T>: a value or an Error. Every fallible function of the project returns one; exceptions of libraries are
/// caught in the .cpp that calls the library and become an Error there.
///
///     Result<Config> load(const std::filesystem::path& path);
///     const Config config = TSR_TRY(load(path));      // returns the Error of load() from the calling function
///     TSR_TRY(server.start());                        // Result<> has no value
///
/// It is a class of its own because tl::expected 1.0 is not [[nodiscard]].

#include "common/error.h"

#include <tl/expected.hpp>

#include <type_traits>
#include <utility>

namespace tessera {

template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  public:
    using Base = tl::expected<T, Error>;
    using Base::Base;

    // NOLINTNEXTLINE(google-explicit-constructor): an Error is returned as it is
    Result(Error error) : Base(tl::unexpect, std::move(error)) {}
};

/// An Error in one line: `return fail(ErrorCode::kNotFound, "no source named 'crm'");`
inline Error fail(ErrorCode code, std::string message, std::string hint = {}) {
    return Error::make(code, std::move(message), std::move(hint));
}

namespace detail {

template <class R>
auto takeValue(R&& result) {
    if constexpr (!std::is_void_v<typename std::decay_t<R>::value_type>) {
        return std::move(*result);
    }
}

}  // namespace detail

}  // namespace tessera

/// The value of a Result, or return its Error from this function. A GNU statement expression: g++ and clang.
/// Not within a `new T(…)` or beside temporaries that own something: the early return skips their clean-up.
#define TSR_TRY(expression)                                             \
    __extension__({                                                     \
        auto tsr_try_result = (expression);                             \
        if (!tsr_try_result) {                                          \
            return ::tessera::Error(std::move(tsr_try_result).error()); \
        }                                                               \
        ::tessera::detail::takeValue(std::move(tsr_try_result));        \
    })

#pragma once

/// Data directories of servers take seconds to make and milliseconds to copy, so tests copy: the first test on a
/// machine makes a template in the build folder, all others use it. Safe when tests run at the same time.

#include "common/result.h"
#include "common/service_user.h"

#include <filesystem>
#include <functional>
#include <string>

namespace tessera {

/// Makes `target` a copy, owned by `user`, of the template `name`. When there is none yet, `make` makes `target` itself
/// and the template is a copy of that.
Result<> copyDataTemplate(const std::string& name, const ServiceUser& user, const std::filesystem::path& target,
                          const std::function<Result<>()>& make);

}  // namespace tessera

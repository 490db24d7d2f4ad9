#include "common/config/references.h"

#include "common/strings.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace tessera::config {

namespace {

Result<std::string> readSecretFile(const std::filesystem::path& path, const std::string& reference) {
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in.is_open() || in.bad()) {
        return fail(ErrorCode::kInvalidArgument,
                    "cannot read '" + path.string() + "' of " + reference + ": " +
                        (errno == 0 ? std::string("not a readable file") : std::string(std::strerror(errno))),
                    "the file must exist and be readable by the user the program runs as");
    }
    if (!text.empty() && text.back() == '\n') {
        text.pop_back();
        if (!text.empty() && text.back() == '\r') {
            text.pop_back();
        }
    }
    return text;
}

Result<std::string> resolve(const std::string& kind, const std::string& name, const ReferenceContext& context) {
    const std::string reference = "${" + kind + ":" + name + "}";
    if (kind == "env") {
        const char* value = std::getenv(name.c_str());
        if (value == nullptr) {
            return fail(ErrorCode::kInvalidArgument, "the environment has no variable '" + name + "' for " + reference,
                        "set it before the program starts");
        }
        return std::string(value);
    }
    if (kind == "file") {
        return readSecretFile(context.folder / name, reference);
    }
    if (kind == "arg") {
        const auto found = context.arguments.find(name);
        if (found == context.arguments.end()) {
            return fail(ErrorCode::kInvalidArgument, "no argument '" + name + "' was given for " + reference,
                        "add --arg " + name + "=VALUE to the command line");
        }
        return found->second;
    }
    if (kind == "vault") {
        return fail(ErrorCode::kUnimplemented, reference + " is not available in this version",
                    "use ${env:…} or ${file:…}");
    }
    return fail(ErrorCode::kInvalidArgument, "'" + reference + "' is of no known kind",
                suggestion(kind, {"env", "file", "arg"}));
}

}  // namespace

bool holdsReference(std::string_view text) {
    return text.find("${") != std::string_view::npos;
}

Result<std::string> expandReferences(std::string_view text, const ReferenceContext& context) {
    std::string expanded;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t start = text.find("${", at);
        if (start == std::string_view::npos) {
            break;
        }
        if (start > at && text[start - 1] == '$') {
            expanded.append(text.substr(at, start - 1 - at)).append("${");
            at = start + 2;
            continue;
        }
        expanded.append(text.substr(at, start - at));
        const std::size_t end = text.find('}', start);
        const std::size_t colon = text.find(':', start);
        if (end == std::string_view::npos || colon == std::string_view::npos || colon > end) {
            return fail(ErrorCode::kInvalidArgument, "'${' begins no reference",
                        "write ${env:NAME}, ${file:PATH} or ${arg:NAME}; $${ for a literal ${");
        }
        expanded += TSR_TRY(resolve(std::string(text.substr(start + 2, colon - start - 2)),
                                    std::string(text.substr(colon + 1, end - colon - 1)), context));
        at = end + 1;
    }
    expanded.append(text.substr(at));
    return expanded;
}

}  // namespace tessera::config

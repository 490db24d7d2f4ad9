#include "tests/support/temporary_directory.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace tessera {

namespace fs = std::filesystem;

TemporaryDirectory::TemporaryDirectory() {
    std::string pattern = (fs::temp_directory_path() / "tsr-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        // A test cannot go on without; GoogleTest reports the exception as its failure.
        throw std::runtime_error("cannot create a temporary folder '" + pattern + "'");
    }
    path_ = pattern;
    fs::permissions(path_, fs::perms(0755));
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
}

TemporaryDirectory::~TemporaryDirectory() {
    if (!path_.empty()) {
        std::error_code error;  // what is left behind lies in the system's folder for such
        fs::remove_all(path_, error);
    }
}

fs::path writeFile(const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream << text;
    if (!stream.flush()) {
        throw std::runtime_error("cannot write '" + file.string() + "'");
    }
    return file;
}

std::string readFile(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

}  // namespace tessera

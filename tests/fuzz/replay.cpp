/// A fuzz target without a fuzzer: runs the corpus, and every file of it changed in a fixed number of ways, always the
/// same. `NAME FOLDER [ROUNDS]`

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& input) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

/// A few of a fuzzer's changes: bytes replaced, removed, doubled, cut off, and parts of another file.
std::string changed(std::string input, const std::string& other, std::mt19937& random) {
    const auto below = [&random](std::size_t bound) { return bound == 0 ? 0 : random() % bound; };
    for (std::size_t times = 1 + below(4); times > 0; --times) {
        const std::size_t at = below(input.size());
        switch (random() % 5) {
            case 0:
                if (!input.empty()) {
                    input[at] = static_cast<char>(random());
                }
                break;
            case 1:
                input.erase(at, 1 + below(8));
                break;
            case 2:
                input.insert(at, input.substr(at, 1 + below(16)));
                break;
            case 3:
                input.resize(at);
                break;
            default:
                input.insert(at, other.substr(below(other.size()), 1 + below(32)));
        }
    }
    return input;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cerr << "usage: " << argv[0] << " FOLDER [ROUNDS]\n";
        return 2;
    }
    std::vector<std::string> corpus;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
        std::ifstream in(entry.path(), std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
        run(corpus.back());
    }
    if (corpus.empty()) {
        std::cerr << "the corpus '" << argv[1] << "' is empty\n";
        return 1;
    }
    std::mt19937 random(1);
    const int rounds = argc > 2 ? std::atoi(argv[2]) : 20000;
    for (int i = 0; i < rounds; ++i) {
        run(changed(corpus[random() % corpus.size()], corpus[random() % corpus.size()], random));
    }
    std::cout << corpus.size() << " files and " << rounds << " changes of them\n";
    return 0;
}

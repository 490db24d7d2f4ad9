/// A fuzz target without a fuzzer: runs the corpus, and its files changed in 20,000 ways, always the same.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int kRounds = 20000;

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
    if (argc != 2) {
        std::cerr << "usage: " << argv[0] << " FOLDER\n";
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
    for (int round = 0; round < kRounds; ++round) {
        const std::string& file = corpus[random() % corpus.size()];
        const std::string& other = corpus[random() % corpus.size()];
        run(changed(file, other, random));
    }
    std::cout << corpus.size() << " files and " << kRounds << " changes of them\n";
    return 0;
}

/// A fuzz target without a fuzzer: runs the corpus, and its files changed in 20,000 ways, always the same; or for so
/// long, in ways that the seed chooses. `NAME FOLDER [SECONDS SEED]`. What it dies of is in the file `crash`.

#include <chrono>
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
    if (argc < 2) {
        std::cerr << "usage: " << argv[0] << " FOLDER [SECONDS SEED]\n";
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
    const bool is_timed = argc > 3;
    std::mt19937 random(is_timed ? static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10)) : 1);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(is_timed ? std::atoi(argv[2]) : 0);
    int rounds = 0;
    while (is_timed ? std::chrono::steady_clock::now() < end : rounds < kRounds) {
        ++rounds;
        const std::string& file = corpus[random() % corpus.size()];
        const std::string& other = corpus[random() % corpus.size()];
        const std::string input = changed(file, other, random);
        if (is_timed) {
            std::ofstream("crash", std::ios::binary) << input;
        }
        run(input);
    }
    std::cout << corpus.size() << " files and " << rounds << " changes of them\n";
    return 0;
}

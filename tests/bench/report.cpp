#include "tests/bench/report.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace tessera::bench {

Result<std::vector<double>> medians(const std::vector<Contender>& contenders, int runs) {
    std::vector<Measured> measured;
    for (const Contender& contender : contenders) {
        measured.push_back({contender.name, [&run = contender.run]() -> Result<double> {
                                const auto begin = std::chrono::steady_clock::now();
                                TSR_TRY(run());
                                const std::chrono::duration<double, std::milli> took =
                                    std::chrono::steady_clock::now() - begin;
                                return took.count();
                            }});
    }
    return medians(measured, runs);
}

Result<std::vector<double>> medians(const std::vector<Measured>& contenders, int runs) {
    std::vector<std::vector<double>> found(contenders.size());
    for (int run = -1; run < runs; ++run) {
        for (std::size_t i = 0; i < contenders.size(); ++i) {
            const auto value = contenders[i].run();
            if (!value) {
                return Error(value.error()).withContext(contenders[i].name);
            }
            if (run >= 0) {
                found[i].push_back(*value);
            }
        }
    }
    std::vector<double> result;
    for (std::vector<double>& of_one : found) {
        std::nth_element(of_one.begin(), of_one.begin() + static_cast<std::ptrdiff_t>(of_one.size() / 2), of_one.end());
        result.push_back(of_one[of_one.size() / 2]);
    }
    return result;
}

Result<> report(const std::string& name, const std::vector<Row>& rows) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    std::printf("%-26s %12s %-3s %8s  %-34s %s\n", "what", "ours", "", "ratio", "compared with", "goal");
    for (const Row& row : rows) {
        const bool pass = !row.goal || row.ratio >= *row.goal;
        const std::string goal =
            row.goal ? ">= " + std::to_string(*row.goal).substr(0, 4) + (pass ? "" : "  MISSED") : "";
        std::printf("%-26s %12.2f %-3s %7.2fx  %-34s %s\n", row.what.c_str(), row.value, row.unit.c_str(), row.ratio,
                    row.peer.c_str(), goal.c_str());
        json.push_back({{"id", row.id},
                        {"what", row.what},
                        {"value", row.value},
                        {"unit", row.unit},
                        {"peer", row.peer},
                        {"ratio", row.ratio},
                        {"goal", row.goal ? nlohmann::ordered_json(*row.goal) : nlohmann::ordered_json(nullptr)},
                        {"pass", pass},
                        {"at_least", row.at_least}});
    }
    const std::filesystem::path folder = std::filesystem::path(TESSERA_SOURCE_DIR) / "build/bench";
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    const std::filesystem::path file = folder / (name + ".json");
    std::ofstream out(file);
    out << json.dump(2) << "\n";
    if (!out.flush()) {
        return fail(ErrorCode::kUnavailable, "cannot write '" + file.string() + "'");
    }
    std::printf("written to build/bench/%s.json\n", name.c_str());
    return {};
}

}  // namespace tessera::bench

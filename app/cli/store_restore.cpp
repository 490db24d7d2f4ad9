#include "app/cli/store_restore.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <random>

namespace tessera::cli {

namespace {

constexpr std::size_t kPartBytes = std::size_t{1} << 20U;
constexpr std::chrono::milliseconds kUsualTime{30'000};
/// The last step waits until the database is in place.
constexpr std::chrono::milliseconds kLastTime{600'000};
constexpr std::string_view kMagic{"SQLite format 3\0", 16};

Error cannotRead(const std::filesystem::path& file, const std::string& why) {
    return fail(ErrorCode::kInvalidArgument, "cannot restore from '" + file.string() + "': " + why);
}

Result<std::uint64_t> sizeOf(const std::filesystem::path& file) {
    std::error_code error;
    const std::uint64_t size = std::filesystem::file_size(file, error);
    if (error) {
        return cannotRead(file, error.message());
    }
    std::ifstream in(file, std::ios::binary);
    std::string begin(kMagic.size(), '\0');
    if (!in.read(begin.data(), static_cast<std::streamsize>(begin.size())) || begin != kMagic) {
        return cannotRead(file, "it is no SQLite database");
    }
    const std::filesystem::path log = file.string() + "-wal";
    if (std::filesystem::exists(log, error) && std::filesystem::file_size(log, error) > 0) {
        return cannotRead(file, "a part of it is still in '" + log.string() +
                                    "': end the programs that use it, or copy it with sqlite3 '.backup'");
    }
    return size;
}

Result<> askWhetherSure(const StoreOptions& options, StoreRoute& route) {
    if (options.is_sure) {
        return {};
    }
    std::string members;
    for (const StoreRoute::Answer& answer : route.statuses()) {
        members += (members.empty() ? "" : ", ") + answer.node;
    }
    if (::isatty(STDIN_FILENO) == 0) {
        return fail(
            ErrorCode::kInvalidArgument,
            "'" + options.file.string() + "' would take the place of all that the store on " + members + " holds",
            "--yes if that is meant");
    }
    std::fprintf(
        stderr,
        "All that the store on %s holds will be gone, and what is in %s will be there instead.\n"
        "%s\n"
        "'tessera store backup' keeps what is there now. Write 'restore' to go on: ",
        members.c_str(), options.file.c_str(),
        options.with_control_plane
            ? "That goes for jobs, endpoints and denials, too: runs that are over since may be done again, and "
              "whom nodes deny since is let in again."
            : "Jobs, endpoints and denials stay as they are.");
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "restore" ? Result<>() : Result<>(fail(ErrorCode::kCancelled, "nothing was restored"));
}

}  // namespace

Result<> restoreStore(const StoreOptions& options, StoreRoute& route) {
    const std::uint64_t size = TSR_TRY(sizeOf(options.file));
    TSR_TRY(askWhetherSure(options, route));
    const auto time = options.timeout_ms == 0 ? kUsualTime : std::chrono::milliseconds(options.timeout_ms);
    const bool shows = ::isatty(STDERR_FILENO) == 1;
    std::random_device device;
    const std::uint64_t client = ((std::uint64_t{device()} << 32U) | device()) | 1U;
    std::uint64_t sequence = 0;
    const auto send = [&](const client::StoreRestoreStep& step, std::chrono::milliseconds most) {
        const std::uint64_t number = ++sequence;
        // With its number a step that is sent again is not done twice.
        return route.atBest(most, [&](client::StoreClient& member) -> Result<> {
            TSR_TRY(member.restore(step, most, client, number));
            return {};
        });
    };
    std::ifstream in(options.file, std::ios::binary);
    std::string bytes(kPartBytes, '\0');
    std::uint64_t offset = 0;
    std::uint64_t checksum = client::storeChecksum({});
    while (in.read(bytes.data(), static_cast<std::streamsize>(bytes.size())), in.gcount() > 0) {
        const std::string_view part = std::string_view(bytes).substr(0, static_cast<std::size_t>(in.gcount()));
        TSR_TRY(send({.offset = offset, .bytes = part}, time));
        offset += part.size();
        checksum = client::storeChecksum(part, checksum);
        if (shows) {
            std::fprintf(stderr, "\r%3llu %% of %llu MB", static_cast<unsigned long long>(offset * 100 / size),
                         static_cast<unsigned long long>(size >> 20U));
        }
    }
    if (offset != size) {
        return cannotRead(options.file, "it changed while it was read");
    }
    if (shows) {
        std::fputs("\rputting it in place ...   ", stderr);
    }
    TSR_TRY(send({.offset = offset,
                  .is_last = true,
                  .size = size,
                  .checksum = checksum,
                  .with_control_plane = options.with_control_plane},
                 kLastTime));
    std::fprintf(stderr, "%srestored from %s%s\n", shows ? "\r" : "", options.file.c_str(),
                 options.with_control_plane ? "" : "; jobs, endpoints and denials stay as they were");
    return {};
}

}  // namespace tessera::cli

#pragma once

/// Files into buckets of S3, and of what speaks its protocol: in one request, or in parts when they are large. Readers
/// see the old object or the new one, never a part. Internal to this folder, but for the options.

#include "common/http/send.h"
#include "common/result.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::jobs {

class StepAttempt;

/// A bucket that jobs may write to, and how the node shows who it is there.
struct S3Bucket {
    std::string name;
    /// "https://s3.eu-central-1.amazonaws.com"; http only within this machine.
    std::string endpoint;
    http::AwsKey key;
    /// Beneath it only; empty: all of the bucket.
    std::string prefix;
    /// A file of PEM certificates that the server's must come from; the system's when empty.
    std::string authorities;
};

struct S3Place {
    /// Outlived by the options it is of.
    const S3Bucket* bucket = nullptr;
    std::string key;
};

inline bool isS3(std::string_view to) {
    return to.starts_with("s3://");
}

/// Of "s3://bucket/key". kInvalidArgument: it is no such address, or jobs may not write there.
Result<S3Place> s3Place(const std::string& to, const std::vector<S3Bucket>& buckets);

/// Puts the file there, in place of what was. A request that fails is tried again a few times. kInvalidArgument when
/// the server will not have it, which does not get better; kUnavailable otherwise; kCancelled when the attempt is
/// stopped. `part_bytes`: what is larger goes in parts of this size, which are in memory one at a time.
Result<> putFile(const S3Place& place, const std::filesystem::path& file, StepAttempt& attempt,
                 std::size_t part_bytes = std::size_t{16} << 20U);

}  // namespace tessera::jobs

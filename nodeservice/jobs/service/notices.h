#pragma once

/// What alerts of jobs have for people's desktops: kept in the store for some days, and shown once on each of a
/// person's devices, which acknowledge them. Any thread; the store outlives it.

#include "nodeservice/jobs/run/job_store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tessera::jobs {

struct Notice {
    std::int64_t id = 0;
    /// The same on every node, and of no other store.
    std::string key;
    /// As the alert names them.
    std::string person;
    std::int64_t run = 0;
    std::string job;
    std::string state;
    std::string error;
    std::string date;
    std::string node;
    std::int64_t at_ms = 0;
};

/// Whose device asks.
struct Addressee {
    /// By which alerts may name them: their role, and who they are.
    std::vector<std::string> names;
    /// Who they are, unlike anybody else.
    std::string who;

    bool isMeant(const Notice& notice) const;
};

class Notices {
  public:
    explicit Notices(JobStore& store) : store_(store) {}

    /// Those that the device has not acknowledged, the oldest first.
    Result<std::vector<Notice>> waiting(const Addressee& addressee, const std::string& device);
    /// Everybody's after that one.
    Result<std::vector<Notice>> after(std::int64_t id);
    /// The newest one's number, or 0.
    Result<std::int64_t> newest();
    /// Of one that is gone, or was acknowledged before, nothing comes.
    Result<> acknowledge(const Addressee& addressee, const std::string& device, std::int64_t id);

  private:
    /// The tables are of another version before the first job.
    Result<bool> hasTables();

    JobStore& store_;
};

}  // namespace tessera::jobs

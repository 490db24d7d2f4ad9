#pragma once

/// The connections to nodes: one of each use for each node, never destroyed (see sharedChannel() of
/// nodeservice/client/call.cpp). Any thread.

#include "agent/profile/profiles.h"
#include "common/result.h"
#include "nodeservice/client/call.h"

#include <grpcpp/channel.h>

#include <memory>

namespace tessera::agent {

Result<std::shared_ptr<grpc::Channel>> channelTo(const ProfileNode& node, client::LinkUse use);

}  // namespace tessera::agent

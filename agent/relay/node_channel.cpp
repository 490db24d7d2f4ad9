#include "agent/relay/node_channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <string>

namespace tessera::agent {

namespace {

Result<std::shared_ptr<grpc::Channel>> openChannel(const ProfileNode& node, client::LinkUse use) {
    grpc::ChannelArguments arguments;
    // Whoever reads at the end has a limit of its own.
    arguments.SetMaxReceiveMessageSize(-1);
    client::setLinkArguments(arguments, use);
    if (!node.tls) {
        arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
        return grpc::CreateCustomChannel(node.address, grpc::InsecureChannelCredentials(), arguments);
    }
    grpc::SslCredentialsOptions options;
    if (node.ca_file) {
        std::ifstream file(*node.ca_file, std::ios::binary);
        options.pem_root_certs = std::string(std::istreambuf_iterator<char>(file), {});
        if (options.pem_root_certs.empty()) {
            return fail(ErrorCode::kInvalidArgument, "cannot read '" + node.ca_file->string() + "'");
        }
    }
    return grpc::CreateCustomChannel(node.address, grpc::SslCredentials(options), arguments);
}

}  // namespace

Result<std::shared_ptr<grpc::Channel>> channelTo(const ProfileNode& node, client::LinkUse use) {
    static std::mutex mutex;
    static auto& channels = *new std::map<std::string, std::shared_ptr<grpc::Channel>>;
    const std::string key =
        node.address + (node.tls ? "|tls|" + (node.ca_file ? node.ca_file->string() : std::string()) : std::string()) +
        (use == client::LinkUse::kBackground ? "|background" : "");
    const std::lock_guard lock(mutex);
    std::shared_ptr<grpc::Channel>& channel = channels[key];
    if (!channel) {
        channel = TSR_TRY(openChannel(node, use));
    }
    // After a suspend or a restarted node nobody waits for what an earlier call failed at.
    if (channel->GetState(false) == GRPC_CHANNEL_TRANSIENT_FAILURE) {
        grpc::experimental::ChannelResetConnectionBackoff(channel.get());
    }
    return channel;
}

}  // namespace tessera::agent

#pragma once

/// Three real nodes that hold one store, each in a network namespace of its own (network_lab.h). They speak TLS with
/// each other over veth; the test reaches each by a door on its own loopback interface, which no cable is part of.

#include "tests/support/certificate_authority.h"
#include "tests/support/network_lab.h"
#include "tests/support/store_nodes.h"

#include <memory>
#include <string>
#include <utility>

namespace tessera {

class NetworkNodes : public ThreeNodes {
  public:
    explicit NetworkNodes(std::unique_ptr<NetworkLab> lab) : lab_(std::move(lab)) {}

    void start() {
        for (std::size_t i = 0; i < kMembers; ++i) {
            ASSERT_NO_FATAL_FAILURE(
                prepare(i, {.listeners = "{address: '" + addressOf(i) +
                                         "', tls_certificate: @FOLDER@/node.pem, tls_key: @FOLDER@/node.key}",
                            .started_by = lab_->startedAt(i)}));
            const auto& folder = nodes_[i]->folder();
            authority_.certify(folder, "IP:" + NetworkLab::addressOf(i));
            std::filesystem::copy_file(authority_.certificate(), folder / "mesh.pem");
            nodes_[i]->setYaml(yamlOf(i));
            // The same number on both sides: whoever asks for the node's port is right.
            doors_[i] = std::make_unique<FaultProxy>(
                portOf(i), LinkEnds{.port = portOf(i), .enter = [this, i] { lab_->enter(i); }});
            ASSERT_EQ(doors_[i]->port(), portOf(i));
        }
        launch();
    }

    NetworkLab& lab() { return *lab_; }

  private:
    static std::string addressOf(std::size_t i) { return NetworkLab::addressOf(i) + ":7410"; }

    static std::string yamlOf(std::size_t self) {
        std::string keys;
        std::string members;
        for (std::size_t i = 0; i < kMembers; ++i) {
            members += std::string(i == 0 ? "" : ", ") + "{node: " + nameOf(i) + ", id: " + std::to_string(i + 1) +
                       ", address: '" + addressOf(i) + "'}";
            if (i != self) {
                keys += std::string(keys.empty() ? "" : ", ") + "{name: " + nameOf(i) + ", jwks_url: 'https://" +
                        addressOf(i) + "/.well-known/jwks.json', ca_file: '@FOLDER@/mesh.pem'}";
            }
        }
        return "identity: {nodes: [" + keys + "]}\nstore: {tls_ca: '@FOLDER@/mesh.pem', administrators: [" +
               TemporaryNode::kUser + "], members: [" + members + "]}\n";
    }

    std::unique_ptr<NetworkLab> lab_;
    CertificateAuthority authority_{"mesh"};
    std::array<std::unique_ptr<FaultProxy>, kMembers> doors_;
};

}  // namespace tessera

#pragma once

/// Certificates of nodes by an authority of the test's own.

#include "common/process.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tessera {

class CertificateAuthority {
  public:
    explicit CertificateAuthority(const std::string& name) {
        run({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
             "/CN=" + name, "-keyout", file("ca.key"), "-out", file("ca.pem")});
    }

    std::filesystem::path certificate() const { return folder_.path() / "ca.pem"; }

    /// Makes node.pem and node.key in the folder. `hosts`: "DNS:localhost,IP:127.0.0.1".
    void certify(const std::filesystem::path& folder, const std::string& hosts, int days = 2) const {
        writeFile(file("extensions"), "subjectAltName=" + hosts + "\n");
        run({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=node",
             "-keyout", (folder / "node.key").string(), "-out", file("request")});
        run({"x509", "-req", "-in", file("request"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial",
             "-days", std::to_string(days), "-extfile", file("extensions"), "-out", (folder / "node.pem").string()});
        // The node gives root up, and becomes somebody else.
        std::filesystem::permissions(folder / "node.key", std::filesystem::perms(0644));
    }

  private:
    std::string file(const char* name) const { return (folder_.path() / name).string(); }

    static void run(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "openssl");
        const auto done = runChecked({.arguments = std::move(arguments)}, std::chrono::seconds(60));
        ASSERT_TRUE(done) << done.error().describe();
    }

    TemporaryDirectory folder_;
};

}  // namespace tessera

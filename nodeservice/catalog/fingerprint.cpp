#include "nodeservice/catalog/fingerprint.h"

#include "common/handle.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace tessera::catalog {

namespace {

/// SHA-256 over texts that are each preceded by their length, so that no two sequences run together.
class Digest {
  public:
    Digest() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }

    void add(std::string_view text) {
        add(text.size());
        EVP_DigestUpdate(context_.get(), text.data(), text.size());
    }

    void add(std::uint64_t number) { EVP_DigestUpdate(context_.get(), &number, sizeof number); }

    void add(const Options& options) {
        add(options.size());
        for (const auto& [name, value] : options) {
            add(name);
            add(value);
        }
    }

    std::string hex() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
        unsigned size = 0;
        EVP_DigestFinal_ex(context_.get(), bytes.data(), &size);
        constexpr std::string_view kDigits = "0123456789abcdef";
        std::string text;
        for (unsigned i = 0; i < size; ++i) {
            text += kDigits[bytes[i] >> 4];
            text += kDigits[bytes[i] & 15];
        }
        return text;
    }

  private:
    Handle<EVP_MD_CTX, EVP_MD_CTX_free> context_;
};

}  // namespace

std::string fingerprintOf(const Source& source, const std::string& versions) {
    Digest digest;
    // Raised when this program prepares the same source in another way.
    digest.add(std::uint64_t{1});
    digest.add(versions);
    digest.add(source.name);
    digest.add(source.connector);
    digest.add(source.comment);
    digest.add(source.options);
    digest.add(source.credentials.size());
    for (const auto& [name, secret] : source.credentials) {
        digest.add(name);
        digest.add(secret.reveal());
    }
    if (source.readers) {
        digest.add(source.readers->size());
        for (const std::string& role : *source.readers) {
            digest.add(role);
        }
    }
    digest.add(source.imports.size());
    for (const SchemaImport& import : source.imports) {
        digest.add(import.schema);
        digest.add(import.into);
        digest.add(import.tables.size());
        for (const std::string& table : import.tables) {
            digest.add(table);
        }
    }
    digest.add(source.tables.size());
    for (const SourceTable& table : source.tables) {
        digest.add(table.name);
        digest.add(table.schema);
        digest.add(table.comment);
        digest.add(table.options);
        digest.add(table.columns.size());
        for (const SourceColumn& column : table.columns) {
            digest.add(column.name);
            digest.add(column.type);
            digest.add(std::uint64_t{column.not_null});
            digest.add(column.options);
        }
    }
    return digest.hex();
}

std::string fingerprintOf(const std::vector<InitScript>& scripts) {
    Digest digest;
    digest.add(scripts.size());
    for (const InitScript& script : scripts) {
        digest.add(script.name);
        digest.add(script.sql);
        digest.add(script.run_as);
    }
    return digest.hex();
}

}  // namespace tessera::catalog

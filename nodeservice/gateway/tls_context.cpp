#include "nodeservice/gateway/tls_context.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <string_view>

namespace tessera::gateway {

namespace {

// In order of preference: who offers HTTP/1.1 as well is no gRPC client, for which HTTP/2 is.
constexpr std::string_view kProtocols = "\x0apostgresql\x08http/1.1\x02h2";

Error cannotUse(const std::filesystem::path& file, const char* what) {
    char reason[256] = "unknown";
    if (const unsigned long code = ERR_get_error(); code != 0) {
        ERR_error_string_n(code, reason, sizeof reason);
    }
    ERR_clear_error();
    return fail(ErrorCode::kInvalidArgument,
                "cannot use '" + file.string() + "' as " + what + ": " + std::string(reason));
}

/// A client that names only protocols we do not speak is refused, as RFC 7301 says.
int selectProtocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                   unsigned int in_size, void*) {
    unsigned char* selected = nullptr;
    const int found =
        SSL_select_next_proto(&selected, out_size, reinterpret_cast<const unsigned char*>(kProtocols.data()),
                              static_cast<unsigned int>(kProtocols.size()), in, in_size);
    *out = selected;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// The certificate's hash by its signature's algorithm, with SHA-256 instead of those that are broken.
std::string endPointOf(const X509* certificate) {
    int digest = NID_undef;
    const EVP_MD* algorithm = nullptr;
    if (OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest, nullptr) == 1 && digest != NID_md5 &&
        digest != NID_sha1) {
        algorithm = EVP_get_digestbynid(digest);
    }
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    X509_digest(certificate, algorithm != nullptr ? algorithm : EVP_sha256(), hash, &size);
    return {reinterpret_cast<const char*>(hash), size};
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsFiles& files) {
    std::shared_ptr<TlsContext> made(new TlsContext);
    made->context_.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* context = made->context_.get();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    // Renegotiation and compression have only ever been attacks; early data could be replayed. A peer that closes
    // without saying so is as good as one that does: both protocols within say where they end.
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_TICKET);
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    // A record in one read, not its length and then itself.
    SSL_CTX_set_read_ahead(context, 1);
    // Nothing is resumed: every connection shows its certificates anew.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_alpn_select_cb(context, selectProtocol, nullptr);
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
        return cannotUse(files.certificate, "the certificate");
    }
    if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        return cannotUse(files.key, "the certificate's key");
    }
    if (files.client_ca) {
        if (SSL_CTX_load_verify_file(context, files.client_ca->c_str()) != 1) {
            return cannotUse(*files.client_ca, "the clients' authority");
        }
        SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(files.client_ca->c_str()));
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    }
    if (files.client_crl) {
        X509_STORE* store = SSL_CTX_get_cert_store(context);
        X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
        if (lookup == nullptr || X509_load_crl_file(lookup, files.client_crl->c_str(), X509_FILETYPE_PEM) < 1) {
            return cannotUse(*files.client_crl, "the list of revoked certificates");
        }
        X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    }
    made->end_point_ = endPointOf(SSL_CTX_get0_certificate(context));
    return std::shared_ptr<const TlsContext>(std::move(made));
}

bool TlsContext::stillTrusts(const SSL* session) const {
    X509* certificate = SSL_get0_peer_certificate(session);
    if (certificate == nullptr) {
        return true;
    }
    const Handle<X509_STORE_CTX, X509_STORE_CTX_free> check(X509_STORE_CTX_new());
    const bool trusted = X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(context_.get()), certificate,
                                             SSL_get_peer_cert_chain(session)) == 1 &&
                         X509_STORE_CTX_set_default(check.get(), "ssl_client") == 1 &&
                         X509_verify_cert(check.get()) == 1;
    ERR_clear_error();
    return trusted;
}

Result<std::shared_ptr<const TlsContext>> TlsContext::forClients(
    const std::optional<std::filesystem::path>& authority) {
    std::shared_ptr<TlsContext> made(new TlsContext);
    made->context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX* context = made->context_.get();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    const int loaded =
        authority ? SSL_CTX_load_verify_file(context, authority->c_str()) : SSL_CTX_set_default_verify_paths(context);
    if (loaded != 1) {
        return cannotUse(authority.value_or("the system's certificates"), "the servers' authority");
    }
    return std::shared_ptr<const TlsContext>(std::move(made));
}

}  // namespace tessera::gateway

// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/x509.hpp"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <climits>
#include <ctime>
#include <memory>
#include <optional>
#include <set>

#include "gatefile/base/hash.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/x509_verify.hpp"

namespace gatefile::base {
namespace {

template <auto free_function>
struct Freed {
    template <typename T>
    void operator()(T* object) const {
        free_function(object);
    }
};

using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

struct PemBlock {
    std::string label;
    bool encrypted = false;
    std::string der;

    ~PemBlock() { OPENSSL_cleanse(der.data(), der.size()); }
};

/// The blocks of a PEM text in order. Text between blocks is ignored, as Go does.
class PemReader {
public:
    explicit PemReader(std::string_view pem) {
        if (pem.size() <= INT_MAX)
            bio_.reset(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    }
    ~PemReader() { ::ERR_clear_error(); }
    PemReader(const PemReader&) = delete;
    PemReader& operator=(const PemReader&) = delete;

    std::optional<PemBlock> next() {
        char* name = nullptr;
        char* header = nullptr;
        unsigned char* data = nullptr;
        long length = 0;
        if (!bio_ || ::PEM_read_bio(bio_.get(), &name, &header, &data, &length) != 1)
            return std::nullopt;
        const auto size = static_cast<std::size_t>(length);
        std::optional<PemBlock> block;
        block.emplace();
        block->label = name;
        block->encrypted = block->label == "ENCRYPTED PRIVATE KEY" ||
                           std::string_view(header).find("ENCRYPTED") != std::string_view::npos;
        block->der.assign(reinterpret_cast<const char*>(data), size);
        ::OPENSSL_free(name);
        ::OPENSSL_free(header);
        ::OPENSSL_clear_free(data, size);
        return block;
    }

    /// Whether next() ended at the end of the text and not at a damaged block.
    static bool ended_cleanly() {
        const unsigned long error = ::ERR_peek_last_error();
        return error == 0 || ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    }

private:
    BioPtr bio_;
};

Error bad(std::string text) {
    return {ErrorKind::Usage, std::move(text)};
}

/// Null for anything but one certificate.
X509Ptr parse_x509(std::string_view der) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    const unsigned char* const end = bytes + der.size();
    X509Ptr parsed(::d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
    if (bytes != end) return nullptr;
    return parsed;
}

/// Every certificate of the chain is parsed, the leaf is returned: Traefik would send the others as
/// they are.
Result<X509Ptr> parse_leaf(std::string_view pem) {
    ::ERR_clear_error();
    PemReader reader(pem);
    X509Ptr leaf;
    std::size_t count = 0;
    while (const auto block = reader.next()) {
        if (block->label != "CERTIFICATE") continue;
        ++count;
        X509Ptr parsed = parse_x509(block->der);
        if (!parsed)
            return bad("certificate " + std::to_string(count) + " of the chain is not valid X.509");
        if (!leaf) leaf = std::move(parsed);
    }
    if (!PemReader::ended_cleanly()) return bad("a PEM block is damaged");
    if (!leaf) return bad("no PEM block of type CERTIFICATE");
    return leaf;
}

std::string text_of(const ASN1_STRING* value) {
    unsigned char* utf8 = nullptr;
    const int length = ::ASN1_STRING_to_UTF8(&utf8, value);
    if (length < 0) return {};
    std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length));
    ::OPENSSL_free(utf8);
    return text;
}

std::vector<std::string> dns_names_of(const X509* certificate) {
    std::vector<std::string> names;
    const NamesPtr alternatives(static_cast<GENERAL_NAMES*>(
        ::X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    if (!alternatives) return names;
    for (int i = 0; i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
        const GENERAL_NAME* const name = sk_GENERAL_NAME_value(alternatives.get(), i);
        if (name->type == GEN_DNS) names.push_back(to_lower(text_of(name->d.dNSName)));
    }
    return names;
}

std::string common_name_of(const X509* certificate) {
    const X509_NAME* const subject = ::X509_get_subject_name(certificate);
    const int at = ::X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0) return {};
    return text_of(::X509_NAME_ENTRY_get_data(::X509_NAME_get_entry(subject, at)));
}

std::optional<Timestamp> moment(const ASN1_TIME* time) {
    std::tm parts{};
    if (::ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
    return Timestamp{static_cast<std::int64_t>(::timegm(&parts))};
}

std::string fingerprint_of(const X509* certificate) {
    unsigned char* der = nullptr;
    const int length = ::i2d_X509(certificate, &der);
    if (length < 0) return {};
    std::string digest =
        sha256_hex({reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)});
    ::OPENSSL_free(der);
    return digest;
}

KeyKind kind_of(const EVP_PKEY* key) {
    switch (::EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
        return KeyKind::Rsa;
    case EVP_PKEY_EC:
        return KeyKind::Ec;
    case EVP_PKEY_ED25519:
        return KeyKind::Ed25519;
    default:
        return KeyKind::Other;
    }
}

void describe_strength(X509* x509, Certificate& certificate) {
    if (const EVP_PKEY* key = ::X509_get0_pubkey(x509)) {
        certificate.key_kind = kind_of(key);
        certificate.key_bits = ::EVP_PKEY_get_bits(key);
    }
    int digest = NID_undef;
    if (::X509_get_signature_info(x509, &digest, nullptr, nullptr, nullptr) == 1 &&
        digest != NID_undef) {
        certificate.signature_digest = ::OBJ_nid2sn(digest);
    }
    certificate.self_issued = (::X509_get_extension_flags(x509) & EXFLAG_SI) != 0;
    certificate.has_alternative_names = ::X509_get_ext_by_NID(x509, NID_subject_alt_name, -1) >= 0;
}

/// crypto/tls serves RSA of at least 1024 bits, ECDSA on the NIST curves and Ed25519.
Result<void> check_key_type(const EVP_PKEY* key) {
    switch (::EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
        if (::EVP_PKEY_get_bits(key) >= 1024) return {};
        return bad("the RSA key has fewer than 1024 bits");
    case EVP_PKEY_ED25519:
        return {};
    case EVP_PKEY_EC: {
        std::array<char, 64> group{};
        std::size_t length = 0;
        ::EVP_PKEY_get_group_name(key, group.data(), group.size(), &length);
        for (const int curve : {NID_secp224r1, NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1})
            if (std::string_view(group.data(), length) == ::OBJ_nid2sn(curve)) return {};
        return bad("the key is on an elliptic curve that Traefik does not know");
    }
    default:
        return bad("the key is of a type that Traefik does not know");
    }
}

/// The first private key of the text, as crypto/tls looks for it.
Result<KeyPtr> parse_key(std::string_view pem) {
    ::ERR_clear_error();
    PemReader reader(pem);
    while (const auto block = reader.next()) {
        if (block->label != "PRIVATE KEY" && !block->label.ends_with(" PRIVATE KEY")) continue;
        if (block->encrypted) return bad("the private key is encrypted");
        const auto* bytes = reinterpret_cast<const unsigned char*>(block->der.data());
        KeyPtr key(::d2i_AutoPrivateKey(nullptr, &bytes, static_cast<long>(block->der.size())));
        if (!key) return bad("the private key cannot be parsed");
        return key;
    }
    if (!PemReader::ended_cleanly()) return bad("a PEM block is damaged");
    return bad("no PEM block of type PRIVATE KEY");
}

}  // namespace

Result<Certificate> parse_certificate_chain(std::string_view pem) {
    const Result<X509Ptr> leaf = parse_leaf(pem);
    if (!leaf) return leaf.error();
    const X509* const x509 = leaf->get();
    const auto not_before = moment(::X509_get0_notBefore(x509));
    const auto not_after = moment(::X509_get0_notAfter(x509));
    if (!not_before || !not_after) return bad("the certificate's validity is not a time");
    Certificate certificate;
    certificate.dns_names = dns_names_of(x509);
    certificate.common_name = common_name_of(x509);
    certificate.not_before = *not_before;
    certificate.not_after = *not_after;
    certificate.fingerprint = fingerprint_of(x509);
    certificate.is_ca = (::X509_get_extension_flags(leaf->get()) & EXFLAG_CA) != 0;
    describe_strength(leaf->get(), certificate);
    ::ERR_clear_error();
    return certificate;
}

Result<void> check_key_pair(std::string_view chain_pem, std::string_view key_pem) {
    const Result<X509Ptr> leaf = parse_leaf(chain_pem);
    if (!leaf) return leaf.error();
    const Result<KeyPtr> key = parse_key(key_pem);
    if (!key) return key.error();
    if (const Result<void> type = check_key_type(key->get()); !type) return type;
    const bool belongs = ::X509_check_private_key(leaf->get(), key->get()) == 1;
    ::ERR_clear_error();
    if (!belongs) return bad("the private key does not belong to the certificate");
    return {};
}

Result<std::string> parse_ca_bundle(std::string_view pem) {
    ::ERR_clear_error();
    PemReader reader(pem);
    const BioPtr written(::BIO_new(BIO_s_mem()));
    std::set<std::string> seen;
    std::size_t count = 0;
    while (const auto block = reader.next()) {
        if (block->label != "CERTIFICATE") continue;
        ++count;
        const X509Ptr parsed = parse_x509(block->der);
        if (!parsed) return bad("certificate " + std::to_string(count) + " is not valid X.509");
        if (seen.insert(block->der).second) ::PEM_write_bio_X509(written.get(), parsed.get());
    }
    if (!PemReader::ended_cleanly()) return bad("a PEM block is damaged");
    if (count == 0) return bad("no PEM block of type CERTIFICATE");
    char* text = nullptr;
    const long size = ::BIO_get_mem_data(written.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
}

namespace {

std::vector<X509Ptr> certificates_of(std::string_view pem) {
    std::vector<X509Ptr> out;
    PemReader reader(pem);
    while (const auto block = reader.next()) {
        if (block->label != "CERTIFICATE") continue;
        if (X509Ptr parsed = parse_x509(block->der)) out.push_back(std::move(parsed));
    }
    ::ERR_clear_error();
    return out;
}

struct FreeStore {
    void operator()(X509_STORE* store) const { ::X509_STORE_free(store); }
    void operator()(X509_STORE_CTX* context) const { ::X509_STORE_CTX_free(context); }
    void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

}  // namespace

Result<void>
verify_client_certificate(std::string_view ca_pem, std::string_view chain_pem, Timestamp now) {
    const std::vector<X509Ptr> authorities = certificates_of(ca_pem);
    const std::vector<X509Ptr> chain = certificates_of(chain_pem);
    if (chain.empty()) return bad("no PEM block of type CERTIFICATE");
    const std::unique_ptr<X509_STORE, FreeStore> store(::X509_STORE_new());
    for (const X509Ptr& authority : authorities)
        ::X509_STORE_add_cert(store.get(), authority.get());
    const std::unique_ptr<STACK_OF(X509), FreeStore> others(sk_X509_new_null());
    for (std::size_t i = 1; i < chain.size(); ++i)
        sk_X509_push(others.get(), chain[i].get());
    const std::unique_ptr<X509_STORE_CTX, FreeStore> context(::X509_STORE_CTX_new());
    ::X509_STORE_CTX_init(context.get(), store.get(), chain[0].get(), others.get());
    ::X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_CLIENT);
    ::X509_STORE_CTX_set_time(context.get(), 0, static_cast<std::time_t>(now.seconds));
    // As Go: what is trusted need not be self-signed.
    ::X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_PARTIAL_CHAIN);
    const bool good = ::X509_verify_cert(context.get()) == 1;
    const int error = ::X509_STORE_CTX_get_error(context.get());
    ::ERR_clear_error();
    if (good) return {};
    return bad(::X509_verify_cert_error_string(error));
}

bool covers_hostname(const Certificate& certificate, std::string_view hostname) {
    const std::string wanted = to_lower(hostname);
    const std::size_t dot = wanted.find('.');
    const auto covers = [&](std::string_view name) {
        if (equals_ignoring_case(name, wanted)) return true;
        // A wildcard stands for one whole first label, and not for another wildcard.
        return name.starts_with("*.") && dot != std::string::npos && dot > 0 && wanted[0] != '*' &&
               equals_ignoring_case(name.substr(1), std::string_view(wanted).substr(dot));
    };
    for (const std::string& name : certificate.dns_names)
        if (covers(name)) return true;
    return certificate.dns_names.empty() && covers(certificate.common_name);
}

}  // namespace gatefile::base

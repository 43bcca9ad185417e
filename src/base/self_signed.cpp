// SPDX-License-Identifier: Apache-2.0
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <string>

#include "gatefile/base/x509.hpp"

namespace gatefile::base {
namespace {

struct Free {
    void operator()(BIO* bio) const { ::BIO_free_all(bio); }
    void operator()(X509* certificate) const { ::X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
};

Error failed() {
    ::ERR_clear_error();
    return {ErrorKind::Unsupported, "OpenSSL cannot make a certificate"};
}

/// A serial number of 63 bits: positive, as RFC 5280 has it.
bool set_serial(X509* certificate) {
    std::uint64_t serial = 0;
    if (::RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
    return ::ASN1_INTEGER_set_uint64(::X509_get_serialNumber(certificate), serial >> 1U) == 1;
}

bool describe(
    X509* certificate, EVP_PKEY* key, std::string_view name, Timestamp from, Timestamp to) {
    X509_NAME* const subject = ::X509_get_subject_name(certificate);
    const auto* text = reinterpret_cast<const unsigned char*>(name.data());
    return ::X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
           ::ASN1_TIME_set(::X509_getm_notBefore(certificate),
                           static_cast<std::time_t>(from.seconds)) != nullptr &&
           ::ASN1_TIME_set(::X509_getm_notAfter(certificate),
                           static_cast<std::time_t>(to.seconds)) != nullptr &&
           ::X509_NAME_add_entry_by_txt(
               subject, "CN", MBSTRING_UTF8, text, static_cast<int>(name.size()), -1, 0) == 1 &&
           ::X509_set_issuer_name(certificate, subject) == 1 &&
           ::X509_set_pubkey(certificate, key) == 1 &&
           ::X509_sign(certificate, key, ::EVP_sha256()) != 0;
}

}  // namespace

Result<std::string> make_self_signed(std::string_view name, Timestamp from, Timestamp to) {
    const std::unique_ptr<EVP_PKEY, Free> key(EVP_EC_gen("P-256"));
    const std::unique_ptr<X509, Free> certificate(::X509_new());
    const std::unique_ptr<BIO, Free> out(::BIO_new(BIO_s_secmem()));
    if (!key || !certificate || !out || !describe(certificate.get(), key.get(), name, from, to) ||
        ::PEM_write_bio_X509(out.get(), certificate.get()) != 1 ||
        ::PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
            1) {
        return failed();
    }
    char* text = nullptr;
    const long size = ::BIO_get_mem_data(out.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace gatefile::base

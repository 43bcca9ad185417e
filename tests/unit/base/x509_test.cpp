// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/x509.hpp"

#include <doctest/doctest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <functional>
#include <memory>

namespace gatefile::base {

namespace {

struct KeyFree {
    void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyFree>;

std::string pem_of(const std::function<void(BIO*)>& write) {
    BIO* const bio = ::BIO_new(::BIO_s_mem());
    write(bio);
    char* data = nullptr;
    const long size = ::BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<std::size_t>(size));
    ::BIO_free(bio);
    return text;
}

std::string key_pem(const Key& key) {
    return pem_of([&](BIO* bio) {
        ::PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
}

void add_extension(X509* certificate, int nid, const char* value) {
    X509_EXTENSION* const extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    ::X509_add_ext(certificate, extension, -1);
    ::X509_EXTENSION_free(extension);
}

/// Self-signed, valid in the first hour of 1970. `names` as openssl.cnf has them, or null.
std::string certificate_pem(const Key& key, const char* names, bool is_ca = false) {
    X509* const certificate = ::X509_new();
    ::X509_set_version(certificate, 2);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(certificate), 1);
    ::ASN1_TIME_set(::X509_getm_notBefore(certificate), 0);
    ::ASN1_TIME_set(::X509_getm_notAfter(certificate), 3600);
    ::X509_set_pubkey(certificate, key.get());
    X509_NAME* const subject = ::X509_get_subject_name(certificate);
    const unsigned char common_name[] = "Common.example";
    ::X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, common_name, -1, -1, 0);
    ::X509_set_issuer_name(certificate, subject);
    if (names != nullptr) add_extension(certificate, NID_subject_alt_name, names);
    if (is_ca) add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    const bool digest_is_built_in = ::EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519;
    ::X509_sign(certificate, key.get(), digest_is_built_in ? nullptr : ::EVP_sha256());
    std::string text = pem_of([&](BIO* bio) { ::PEM_write_bio_X509(bio, certificate); });
    ::X509_free(certificate);
    return text;
}

Key make_ec_key() {
    return Key(EVP_EC_gen("P-256"));
}

std::string reason(const Result<void>& result) {
    return result ? "" : result.error().text;
}

}  // namespace

TEST_CASE("the leaf's names, times and fingerprint are read") {
    const Key key = make_ec_key();
    const auto leaf =
        parse_certificate_chain(certificate_pem(key, "DNS:A.Example,DNS:*.b.example,IP:10.0.0.1"));
    REQUIRE(leaf);
    CHECK(leaf->dns_names == std::vector<std::string>{"a.example", "*.b.example"});
    CHECK(leaf->common_name == "Common.example");
    CHECK(leaf->not_before == Timestamp{0});
    CHECK(leaf->not_after == Timestamp{3600});
    CHECK(leaf->fingerprint.size() == 64);
    CHECK_FALSE(leaf->is_ca);
    const auto ca = parse_certificate_chain(certificate_pem(key, nullptr, true));
    REQUIRE(ca);
    CHECK(ca->is_ca);
    CHECK(ca->fingerprint != leaf->fingerprint);
}

TEST_CASE("names cover hostnames as TLS has it") {
    Certificate certificate;
    certificate.common_name = "cn.example";
    CHECK(covers_hostname(certificate, "CN.example"));
    certificate.dns_names = {"a.example", "*.b.example"};
    CHECK(covers_hostname(certificate, "A.example"));
    CHECK(covers_hostname(certificate, "x.b.example"));
    CHECK(covers_hostname(certificate, "*.b.example"));
    CHECK_FALSE(covers_hostname(certificate, "cn.example"));
    CHECK_FALSE(covers_hostname(certificate, "b.example"));
    CHECK_FALSE(covers_hostname(certificate, ".b.example"));
    CHECK_FALSE(covers_hostname(certificate, "x.y.b.example"));
    CHECK_FALSE(covers_hostname(certificate, "*.x.b.example"));
    CHECK_FALSE(covers_hostname(certificate, "*.a.example"));
}

TEST_CASE("a wildcard hostname is not covered by a wider wildcard") {
    Certificate certificate;
    certificate.dns_names = {"*.example"};
    CHECK_FALSE(covers_hostname(certificate, "*.b.example"));
    certificate.dns_names = {"*"};
    CHECK_FALSE(covers_hostname(certificate, "a"));
}

TEST_CASE("a key must belong to the leaf, whatever stands around the blocks") {
    const Key key = make_ec_key();
    const Key other = make_ec_key();
    const std::string leaf = certificate_pem(key, "DNS:a.example");
    const std::string chain = "bag attributes\n" + leaf + certificate_pem(other, nullptr, true);
    // What `openssl ecparam -genkey` puts before the key.
    const std::string parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
                                   "-----END EC PARAMETERS-----\n";
    CHECK(check_key_pair(chain, key_pem(key)));
    CHECK(check_key_pair(chain, parameters + key_pem(key)));
    CHECK(reason(check_key_pair(chain, key_pem(other))) ==
          "the private key does not belong to the certificate");
    const Key ed25519(::EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    CHECK(check_key_pair(certificate_pem(ed25519, "DNS:a"), key_pem(ed25519)));
}

TEST_CASE("keys that Traefik cannot serve with are refused") {
    const Key short_rsa(EVP_RSA_gen(512));
    CHECK(reason(check_key_pair(certificate_pem(short_rsa, "DNS:a"), key_pem(short_rsa))) ==
          "the RSA key has fewer than 1024 bits");
    const Key bitcoin(EVP_EC_gen("secp256k1"));
    CHECK(reason(check_key_pair(certificate_pem(bitcoin, "DNS:a"), key_pem(bitcoin))) ==
          "the key is on an elliptic curve that Traefik does not know");
    const Key key = make_ec_key();
    const std::string encrypted = pem_of([&](BIO* bio) {
        unsigned char password[] = "secret";
        ::PEM_write_bio_PKCS8PrivateKey(bio,
                                        key.get(),
                                        ::EVP_aes_128_cbc(),
                                        reinterpret_cast<char*>(password),
                                        6,
                                        nullptr,
                                        nullptr);
    });
    CHECK(reason(check_key_pair(certificate_pem(key, "DNS:a"), encrypted)) ==
          "the private key is encrypted");
}

TEST_CASE("a certificate of one's own has its key beside it") {
    const auto made = make_self_signed("own.example", Timestamp{1000}, Timestamp{2000});
    REQUIRE(made);
    const auto leaf = parse_certificate_chain(*made);
    REQUIRE(leaf);
    CHECK(leaf->common_name == "own.example");
    CHECK(leaf->dns_names.empty());
    CHECK(leaf->not_before == Timestamp{1000});
    CHECK(leaf->not_after == Timestamp{2000});
    CHECK(reason(check_key_pair(*made, *made)) == "");
    const auto another = make_self_signed("own.example", Timestamp{1000}, Timestamp{2000});
    REQUIRE(another);
    CHECK(*another != *made);
}

TEST_CASE("texts that are no certificates or keys") {
    const Key key = make_ec_key();
    const std::string leaf = certificate_pem(key, "DNS:a.example");
    for (const std::string& bad : {std::string(),
                                   std::string("/etc/ssl/cert.pem"),
                                   key_pem(key),
                                   leaf.substr(0, leaf.size() / 2),
                                   leaf + "-----BEGIN X-----\n!",
                                   std::string("-----BEGIN CERTIFICATE-----\nAAAA\n"
                                               "-----END CERTIFICATE-----\n"),
                                   std::string(1'000'000, '-'),
                                   std::string(100, '\0')}) {
        const auto parsed = parse_certificate_chain(bad);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().kind == ErrorKind::Usage);
        CHECK_FALSE(check_key_pair(leaf, bad == key_pem(key) ? "" : bad));
    }
    CHECK(reason(check_key_pair(leaf, leaf)) == "no PEM block of type PRIVATE KEY");
    CHECK(reason(check_key_pair(leaf,
                                "-----BEGIN PRIVATE KEY-----\nAAAA\n"
                                "-----END PRIVATE KEY-----\n")) ==
          "the private key cannot be parsed");
}

TEST_CASE("a bundle is its certificates, each once, and nothing else") {
    const Key key = make_ec_key();
    const std::string one = certificate_pem(key, "DNS:a", true);
    const std::string two = certificate_pem(make_ec_key(), "DNS:b", true);
    const auto why = [](std::string_view pem) {
        const Result<std::string> parsed = parse_ca_bundle(pem);
        return parsed ? std::string() : parsed.error().text;
    };
    const auto bundle = parse_ca_bundle("# a comment\n" + one + key_pem(key) + two + one);
    REQUIRE(bundle);
    CHECK(*bundle == one + two);
    CHECK(why("") == "no PEM block of type CERTIFICATE");
    CHECK(why(key_pem(key)) == "no PEM block of type CERTIFICATE");
    CHECK(why(one + "-----BEGIN CERTIFICATE-----\nAAAA\n"
                    "-----END CERTIFICATE-----\n") == "certificate 2 is not valid X.509");
    CHECK(why(one.substr(0, one.size() / 2)) == "a PEM block is damaged");
}

}  // namespace gatefile::base

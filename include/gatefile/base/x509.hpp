// SPDX-License-Identifier: Apache-2.0
//
// Certificates and keys from PEM, by OpenSSL (its only user besides hash.cpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/base/time.hpp"

namespace gatefile::base {

enum class KeyKind : std::uint8_t { Rsa, Ec, Ed25519, Other };

struct Certificate {
    std::vector<std::string> dns_names;  ///< subjectAltName DNS entries, lower case, in order
    std::string common_name;             ///< used for names only when there is no SAN at all
    Timestamp not_before;
    Timestamp not_after;
    std::string fingerprint;  ///< SHA-256 of the leaf's DER, hexadecimal
    bool is_ca = false;
    KeyKind key_kind = KeyKind::Other;
    int key_bits = 0;
    std::string signature_digest;        ///< "SHA256" …; empty: not known, or none of its own
    bool self_issued = false;            ///< its signature proves nothing, so nobody checks it
    bool has_alternative_names = false;  ///< subjectAltName, of whatever type
};

/// The leaf of a PEM chain; an Error (kind Usage) says what is wrong with the text.
Result<Certificate> parse_certificate_chain(std::string_view pem);

/// Checks that `key_pem` is an unencrypted private key that belongs to the chain's leaf.
Result<void> check_key_pair(std::string_view chain_pem, std::string_view key_pem);

/// The certificates of a PEM text, written anew, each once. Everything else between and in the
/// blocks goes. An Error when there is none, or when one cannot be parsed.
Result<std::string> parse_ca_bundle(std::string_view pem);

/// A new P-256 key and a certificate of it, signed by itself, with `name` for its common name and
/// no other: PEM, the certificate first.
Result<std::string> make_self_signed(std::string_view name, Timestamp from, Timestamp to);

/// Whether one of the certificate's names covers `hostname`: equal, or a wildcard for one label.
/// A `*.` hostname is covered by the same wildcard name only.
bool covers_hostname(const Certificate& certificate, std::string_view hostname);

}  // namespace gatefile::base

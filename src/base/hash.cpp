// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/hash.hpp"

#include <openssl/sha.h>

namespace gatefile::base {

std::string sha256(std::string_view bytes) {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    ::SHA256(reinterpret_cast<const unsigned char*>(bytes.data()),
             bytes.size(),
             reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

std::string sha256_hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : sha256(bytes)) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::string sha1(std::string_view bytes) {
    std::string digest(SHA_DIGEST_LENGTH, '\0');
    ::SHA1(reinterpret_cast<const unsigned char*>(bytes.data()),
           bytes.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

}  // namespace gatefile::base

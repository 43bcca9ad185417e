// SPDX-License-Identifier: Apache-2.0
//
// Bytes that must not reach a terminal, log, report or dump: private keys. There is no conversion
// to text and no formatter: whoever calls reveal() must hand the bytes to OpenSSL, libcurl, or the
// output that they are meant for.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace gatefile::base {

class SecretBytes {
public:
    SecretBytes() = default;
    explicit SecretBytes(std::string bytes)
        : bytes_(std::make_shared<const std::string>(std::move(bytes))) {}

    std::string_view reveal() const {
        return bytes_ ? std::string_view(*bytes_) : std::string_view();
    }
    bool empty() const { return !bytes_ || bytes_->empty(); }
    bool operator==(const SecretBytes& other) const { return reveal() == other.reveal(); }

private:
    std::shared_ptr<const std::string> bytes_;
};

}  // namespace gatefile::base

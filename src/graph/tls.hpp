// SPDX-License-Identifier: Apache-2.0
//
// What a listener with TLS needs: certificates, options it can honour, no client certificates.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "context.hpp"

namespace gatefile::graph {

/// Checks the key pair of each Secret once.
class KeyPairs {
public:
    /// What is wrong with the Secret as a certificate and key; nothing when it can be used.
    const std::optional<std::string>& fault(const api::Secret& secret);

private:
    std::map<const api::Secret*, std::optional<std::string>> checked_;  // looked up, not iterated
};

void check_tls(const Context& context,
               const api::Gateway& gateway,
               Listener& listener,
               KeyPairs& key_pairs);

}  // namespace gatefile::graph

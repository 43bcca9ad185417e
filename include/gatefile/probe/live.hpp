// SPDX-License-Identifier: Apache-2.0
//
// A request of a test through a live Traefik: its own URL says scheme, Host and server name, and
// somebody else says where to connect (curl's --connect-to).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/analysis/question.hpp"
#include "gatefile/analysis/route_test.hpp"
#include "gatefile/base/result.hpp"

namespace gatefile::probe {

/// Where requests of one scheme go.
struct Address {
    bool tls = false;
    std::optional<std::uint16_t> port;  ///< only those whose URL has this port
    std::string to;                     ///< "HOST:PORT"
    std::string written;                ///< for messages
};

/// "[PORT=]SCHEME://HOST[:PORT]"
base::Result<Address> parse_address(std::string_view text);

/// Null when none is for the request; one for its port comes before one for all.
const Address* address_for(const std::vector<Address>& addresses,
                           const analysis::Question& question);

struct Asking {
    std::string ca_pem;  ///< empty: the system's certificates
    bool verify = true;
    std::chrono::milliseconds timeout{10000};
};

/// Sends the request as it is written, and nothing but what HTTP/1.1 wants besides. The client
/// certificate is PEM with its key. An Error when nobody is there, who could tell anything.
base::Result<analysis::LiveAnswer>
ask(const analysis::Question& question, const Address& address, const Asking& how);

}  // namespace gatefile::probe

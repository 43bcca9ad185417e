// SPDX-License-Identifier: Apache-2.0
//
// Whether a certificate would be taken, by OpenSSL.
#pragma once

#include <string_view>

#include "gatefile/base/result.hpp"
#include "gatefile/base/time.hpp"

namespace gatefile::base {

/// Whether a server that trusts `ca_pem` takes the client certificate that `chain_pem` begins with,
/// at `now`; the rest of the chain may help. An Error (Usage) says why not.
Result<void>
verify_client_certificate(std::string_view ca_pem, std::string_view chain_pem, Timestamp now);

}  // namespace gatefile::base

// SPDX-License-Identifier: Apache-2.0
//
// Addresses that the agent can listen on.
#pragma once

#include <string_view>

namespace gatefile::agent {

/// Whether only this machine can reach "IP:PORT"; false for what is no such address.
bool is_loopback(std::string_view address);

}  // namespace gatefile::agent

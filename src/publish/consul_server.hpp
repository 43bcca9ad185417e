// SPDX-License-Identifier: Apache-2.0
//
// Consul (1.12 or newer), over its HTTP API.
#pragma once

#include "store_server.hpp"

namespace gatefile::publish {

base::Result<std::unique_ptr<StoreServer>> make_consul_server(const StoreSettings& settings,
                                                              HttpSession& session);

}  // namespace gatefile::publish

// SPDX-License-Identifier: Apache-2.0
//
// etcd (3.4 or newer), over the JSON gateway of its client port.
#pragma once

#include "store_server.hpp"

namespace gatefile::publish {

base::Result<std::unique_ptr<StoreServer>> make_etcd_server(const StoreSettings& settings,
                                                            HttpSession& session);

}  // namespace gatefile::publish

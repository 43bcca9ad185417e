// SPDX-License-Identifier: Apache-2.0
//
// etcd and Consul. A reader of these gets all keys below a prefix as one transaction left them, so
// what is one transaction is seen whole: all that serves anybody, as long as it is not larger than
// the store lets a transaction be. What no router refers to yet, or any more, has its own before and
// after it. A change that is larger than that goes in several, between two that set and take away a
// key which no Traefik can read: who reads meanwhile fails, says so in its log, keeps what it has
// and asks again (hold_key).
// Each transaction hangs on the generation's key being as we left it: of two agents one is told.
#pragma once

#include <memory>

#include "gatefile/publish/store.hpp"
#include "store_server.hpp"

namespace gatefile::publish {

std::unique_ptr<Store> make_guarded_store(StoreSettings settings, MakeServer make);

}  // namespace gatefile::publish

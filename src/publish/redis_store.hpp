// SPDX-License-Identifier: Apache-2.0
//
// Redis. Traefik's provider lists keys by SCAN, which is many steps, then reads all of them by one
// MGET, which is one; empty values it passes over. So
//   1. keys that are new are made with empty values: nobody sees them;
//   2. after a pause longer than a reader's SCAN takes, one transaction sets all values, removes
//      what is stale, and gives notice.
// Whoever began his SCAN after (1) knows every key, and his MGET comes before (2) or after it: he
// reads the old generation or the new one. The pause is four times as long as a SCAN of our own
// with Traefik's step would take; who is slower still can miss new keys until the notice.
#pragma once

#include "gatefile/publish/store.hpp"

namespace gatefile::publish {

base::Result<std::unique_ptr<Store>> make_redis_store(StoreSettings settings);

}  // namespace gatefile::publish

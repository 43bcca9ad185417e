// SPDX-License-Identifier: Apache-2.0
#include "store_changes.hpp"

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "consul_server.hpp"
#include "etcd_server.hpp"
#include "guarded_store.hpp"
#include "redis_store.hpp"

namespace gatefile::publish {

std::string_view store_name(StoreKind kind) {
    switch (kind) {
    case StoreKind::Redis:
        return "redis";
    case StoreKind::Etcd:
        return "etcd";
    case StoreKind::Consul:
        return "consul";
    }
    return {};
}

StoreChanges find_changes(const Pairs& present, const Pairs& wanted) {
    StoreChanges changes;
    auto old = present.begin();
    for (const auto& pair : wanted) {
        while (old != present.end() && old->first < pair.first)
            changes.removed.push_back((old++)->first);
        if (old == present.end() || old->first != pair.first) {
            changes.added.push_back(&pair);
            continue;
        }
        // Empty: left by a publication that was broken off.
        if (old->second.empty() && !pair.second.empty()) {
            changes.added.push_back(&pair);
        } else if (old->second != pair.second) {
            changes.changed.push_back(&pair);
        }
        ++old;
    }
    for (; old != present.end(); ++old)
        changes.removed.push_back(old->first);
    return changes;
}

bool is_configuration(std::string_view key) {
    const std::string first = base::to_lower(key.substr(0, key.find('/')));
    return first == "http" || first == "tcp" || first == "udp" || first == "tls";
}

base::Error foreign_keys(const std::string& root) {
    return {base::ErrorKind::Refused,
            fmt::format("{} holds keys that gatefile did not write; give it a root key of its own",
                        base::quote_for_message(root))};
}

base::Result<std::unique_ptr<Store>> make_store(StoreSettings settings) {
    switch (settings.kind) {
    case StoreKind::Redis:
        return make_redis_store(std::move(settings));
    case StoreKind::Etcd:
        return make_guarded_store(settings, make_etcd_server);
    case StoreKind::Consul:
        return make_guarded_store(settings, make_consul_server);
    }
    return base::Error{base::ErrorKind::Unsupported, "there is no such store"};
}

}  // namespace gatefile::publish

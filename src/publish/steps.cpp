// SPDX-License-Identifier: Apache-2.0
#include "steps.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace gatefile::publish {

namespace {

/// "http/services/NAME/" of a key below the root; empty for what is not part of something named.
std::string_view object_of(std::string_view key) {
    std::size_t end = 0;
    for (int slashes = 0; slashes < 3; ++slashes) {
        end = key.find('/', end);
        if (end == std::string_view::npos) return {};
        ++end;
    }
    return key.substr(0, end);
}

/// What nobody sees without a router that names it. Not the generation's mark, which is looked for
/// in Traefik's API.
bool is_used_by_routers(std::string_view object) {
    const std::size_t section = object.find('/') + 1;
    const std::string_view rest = object.substr(std::min(section, object.size()));
    if (rest.find("/gatefile-") != std::string_view::npos) return false;
    return rest.starts_with("services/") || rest.starts_with("middlewares/") ||
           rest.starts_with("serversTransports/");
}

bool holds_below(const Pairs& pairs, std::string_view prefix) {
    const auto first = std::ranges::lower_bound(
        pairs, prefix, {}, [](const auto& pair) { return std::string_view(pair.first); });
    return first != pairs.end() && first->first.starts_with(prefix);
}

/// Fills transactions one after the other.
class Packer {
public:
    explicit Packer(const StoreServer& server) : server_(server), limits_(server.limits()) {}

    void add(std::vector<std::vector<Op>>& into, Op op) {
        auto& size = sizes_[&into];
        const std::size_t more = server_.op_size(op);
        if (into.empty() || into.back().size() == limits_.ops || size + more > limits_.bytes) {
            into.emplace_back();
            size = 0;
        }
        size += more;
        into.back().push_back(std::move(op));
    }

private:
    const StoreServer& server_;
    TransactionLimits limits_;
    std::map<const void*, std::size_t> sizes_;  ///< of the last transaction
};

/// Everything in `change`, or what may has a place of its own.
Steps pack(const std::string& root,
           const Pairs& present,
           const Pairs& wanted,
           const StoreServer& server,
           bool apart) {
    const StoreChanges changes = find_changes(present, wanted);
    const auto full = [&root](std::string_view key) { return fmt::format("{}/{}", root, key); };
    Steps steps;
    Packer packer(server);
    for (const auto* pair : changes.added) {
        const std::string_view object = object_of(pair->first);
        const bool is_unknown = is_used_by_routers(object) && !holds_below(present, object);
        packer.add(apart && is_unknown ? steps.before : steps.change,
                   {Op::Kind::Put, full(pair->first), pair->second});
    }
    for (const auto* pair : changes.changed)
        packer.add(steps.change, {Op::Kind::Put, full(pair->first), pair->second});
    std::string_view gone;
    for (const std::string_view key : changes.removed) {
        const std::string_view object = object_of(key);
        if (!object.empty() && object == gone) continue;
        const bool is_whole = !object.empty() && !holds_below(wanted, object);
        gone = is_whole ? object : std::string_view();
        packer.add(apart && is_whole && is_used_by_routers(object) ? steps.after : steps.change,
                   is_whole ? Op{Op::Kind::RemoveBelow, full(object), {}}
                            : Op{Op::Kind::Remove, full(key), {}});
    }
    return steps;
}

}  // namespace

Steps plan_steps(const std::string& root,
                 const Pairs& present,
                 const Pairs& wanted,
                 const StoreServer& server) {
    Steps steps = pack(root, present, wanted, server, false);
    return steps.change.size() > 1 ? pack(root, present, wanted, server, true) : steps;
}

}  // namespace gatefile::publish

// SPDX-License-Identifier: Apache-2.0
//
// Status values as the API has them. Where a status is held already, its transition times go on.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/status/report.hpp"

namespace gatefile::status {

/// What becomes of held conditions of types that we never set.
enum class Foreign : std::uint8_t { Leave, Keep };

class Encoder {
public:
    /// `now` is the time of transitions that nothing is held about; without it those have none.
    Encoder(std::optional<base::Timestamp> now, tree::Arena& arena);

    /// {apiVersion, kind, metadata, status}; `held` is the status that there is, or null.
    tree::Node object(const ObjectStatus& object, const tree::Node& held = {});
    /// The status alone; lists that are held and not wanted are named empty.
    tree::Node status(const ObjectStatus& object, const tree::Node& held, Foreign foreign);
    /// One entry of a route's status.parents, or of a policy's ancestors, with `reference` as the
    /// word for what it is for; keeps foreign conditions.
    tree::Node parent(const RouteParentStatus& parent,
                      std::string_view reference,
                      const tree::Node* held = nullptr);

    tree::Node list(const std::vector<tree::Node>& items);
    using Fields = std::vector<tree::Entry>;
    tree::Node map(const Fields& fields);
    tree::Node text(std::string_view value);

private:
    void put_text(Fields& fields, std::string_view key, std::string_view value);
    void put_if(Fields& fields, std::string_view key, const std::optional<std::string>& value);

    tree::Node condition(const Condition& condition, const tree::Node* held);
    /// `held`: the object that has them.
    tree::Node
    conditions(const std::vector<Condition>& wanted, const tree::Node* held, Foreign foreign);
    tree::Node listener(const ListenerStatus& listener, const tree::Node* held, Foreign foreign);
    tree::Node features(const std::vector<std::string>& names);
    tree::Node kinds(const std::vector<api::RouteGroupKind>& kinds);
    tree::Node addresses(const std::vector<api::GatewayAddress>& addresses);
    tree::Node parent_ref(const api::ParentRef& ref);

    tree::Arena& arena_;
    std::string_view now_;
};

}  // namespace gatefile::status

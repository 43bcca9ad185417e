// SPDX-License-Identifier: Apache-2.0
//
// One document on its way into a Snapshot: what kind of object it is and whether it is taken.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

#include "gatefile/api/schema.hpp"
#include "gatefile/api/snapshot.hpp"
#include "gatefile/diag/silence.hpp"
#include "kinds.hpp"

namespace gatefile::api {

/// Views go into options or into documents that origins keep alive.
struct ObjectKey {
    const KindRow* row;
    std::string_view ns, name;
    auto operator<=>(const ObjectKey&) const = default;
};

struct SnapshotBuilder::State {
    ReadOptions options;
    std::unique_ptr<Snapshot> snapshot = std::make_unique<Snapshot>();
    std::map<ObjectKey, std::uint32_t> taken;  ///< index in origins
    bool context = false;
    bool is_bundle_told = false;  ///< that it is newer: each definition of a release says so
    /// Of objects that context knows, too: when they were made.
    std::map<diag::ObjectRef, base::Timestamp> created;
    /// Defaulted parts are needed only until their object is decoded.
    std::unique_ptr<tree::Arena> scratch = std::make_unique<tree::Arena>();
};

class SnapshotBuilder::Intake {
public:
    Intake(State& state, const tree::Document& document, diag::Diagnostics& diagnostics)
        : state_(state), document_(document), diagnostics_(diagnostics) {}

    /// An object, or a List of them; `depth` counts the Lists around it.
    void take(const tree::Node& node, std::size_t depth);

private:
    struct Identity;

    bool identify(const tree::Node& node, Identity& identity);
    void take_list(const tree::Node& list, const Identity& identity, std::size_t depth);
    bool is_served(Identity& identity);
    void report_unread(const Identity& identity);
    void report_bundle(const Identity& identity);
    void report_version(const Identity& identity);
    void report_no_match(const Identity& identity, std::string_view field, std::string hint);
    bool take_object(const Identity& identity);
    void keep_if_silencing(const Identity& identity);
    void take_foreign(const Identity& identity);
    bool has_name(const Identity& identity);
    void choose_namespace(Identity& identity);
    bool is_first(const Identity& identity);
    void note_created(const Identity& identity);
    void take_extents(const tree::Node& header);
    bool decode(const Identity& identity);
    void report(const Identity& identity, diag::Diagnostic diagnostic);
    void report_not_object(const tree::Node& node, std::string detail);

    State& state_;
    const tree::Document& document_;
    diag::Diagnostics& diagnostics_;
};

}  // namespace gatefile::api

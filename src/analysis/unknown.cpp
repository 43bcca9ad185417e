// SPDX-License-Identifier: Apache-2.0
#include "gatefile/analysis/unknown.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::analysis {

namespace {

class Knowledge {
public:
    Knowledge(const api::Snapshot& snapshot, const diag::Diagnostics& found) : snapshot_(snapshot) {
        api::for_each_kind(snapshot, [this](std::string_view kind, const auto& objects) {
            for (const auto& object : objects) {
                names_[{kind, object.meta.ns}].push_back(object.meta.name);
            }
        });
        for (const api::ReferenceGrant& grant : snapshot.reference_grants)
            granting_.insert(grant.meta.ns);
        for (const diag::Diagnostic& item : found.items()) {
            if (diag::info(item.code).klass != diag::Class::Refused) continue;
            refused_.insert(item.object);
            // Somebody meant to grant something there.
            if (item.object.kind == "ReferenceGrant") granting_.insert(item.object.ns);
        }
    }

    /// Whether it is certain that there is no such object, or none that can be used.
    bool is_settled(const diag::ObjectRef& absent) const {
        if (snapshot_.from_cluster || refused_.contains(absent)) return true;
        // Grants of one namespace stand together; its other objects may be somewhere else.
        if (absent.name.empty() && granting_.contains(absent.ns)) return true;
        return std::ranges::any_of(snapshot_.complete, [&](const api::Extent& extent) {
            return extent.kind == absent.kind && (extent.ns.empty() || extent.ns == absent.ns);
        });
    }

    /// The name of an object of the kind and namespace that is nearly the same; or nothing.
    std::string nearest(const diag::ObjectRef& absent) const {
        constexpr std::size_t most = 500;  // each is compared with all
        const auto found = names_.find({absent.kind, absent.ns});
        if (found == names_.end() || found->second.size() > most) return {};
        return std::string(base::nearest(absent.name, found->second));
    }

private:
    const api::Snapshot& snapshot_;
    /// By kind and namespace.
    std::map<std::pair<std::string_view, std::string_view>, std::vector<std::string_view>> names_;
    std::set<diag::ObjectRef> refused_;
    std::set<std::string, std::less<>> granting_;  ///< namespaces of which grants were read
};

std::string name_of(const diag::ObjectRef& absent) {
    const std::string name = absent.ns.empty() ? absent.name : absent.ns + "/" + absent.name;
    return fmt::format("{} {}", absent.kind, base::quote_for_message(name));
}

diag::Diagnostic note(const diag::Diagnostic& item, const Knowledge& knowledge) {
    const diag::ObjectRef& absent = *item.absent;
    diag::Diagnostic made = item;
    made.code = diag::Code::ReferenceUnknown;
    if (absent.name.empty()) {
        made.detail = fmt::format("no ReferenceGrant of namespace {} is among the objects read, so "
                                  "whether one permits this is not known",
                                  base::quote_for_message(absent.ns));
    } else {
        made.detail =
            fmt::format("{} is not among the objects read, so what depends on it is not judged",
                        name_of(absent));
    }
    const std::string meant = absent.name.empty() ? "" : knowledge.nearest(absent);
    made.hint = meant.empty()
                    ? "give it with --with, or say --complete if nothing else will be there"
                    : fmt::format("did you mean {}?", base::quote_for_message(meant));
    return made;
}

}  // namespace

diag::Diagnostics grade_unknown(const api::Snapshot& snapshot, const diag::Diagnostics& found) {
    const Knowledge knowledge(snapshot, found);
    diag::Diagnostics graded;
    std::set<std::pair<diag::ObjectRef, diag::ObjectRef>> told;
    for (const diag::Diagnostic& item : found.items()) {
        if (!item.absent || knowledge.is_settled(*item.absent)) {
            graded.add(item);
        } else if (told.emplace(item.object, *item.absent).second) {
            graded.add(note(item, knowledge));
        }
    }
    graded.sort();
    return graded;
}

}  // namespace gatefile::analysis

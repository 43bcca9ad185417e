// SPDX-License-Identifier: Apache-2.0
#include "check/router_tree.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::traefik::check {
namespace {

using diag::Code;

class Tree {
public:
    explicit Tree(const Context& context)
        : context_(context), routers_(context.elements.http.routers) {}

    void run() {
        for (const auto& [name, router] : routers_) {
            for (const std::string& ref : list_of(*router.value, "parentRefs")) {
                const Found found =
                    refer(context_, router, "parentRefs", "parent router", routers_, ref);
                if (found.where == Where::Elsewhere) has_foreign_parent_.insert(name);
                if (found.element != nullptr) children_[found.name].insert(name);
                if (found.where == Where::Missing) has_missing_parent_.insert(name);
            }
        }
        for (const auto& [name, router] : routers_) {
            if (parents_of(router).empty() && !has_foreign_parent_.contains(name)) visit(name);
        }
        for (const std::string& name : has_foreign_parent_)
            visit(name);
        for (const auto& [name, router] : routers_)
            check(name, router);
    }

private:
    void visit(const std::string& name) {
        if (!visited_.insert(name).second) return;
        for (const std::string& child : children_[name])
            visit(child);
    }

    void check(const std::string& name, const Element& router) {
        const bool is_child = !list_of(*router.value, "parentRefs").empty();
        if (is_child) check_child(router);
        const bool has_children = children_.contains(name) && !children_[name].empty();
        const std::string_view service = text_of(*router.value, "service");
        if (!visited_.contains(name)) {
            if (has_missing_parent_.contains(name)) return;
            report_at(context_,
                      Code::TraefikLoop,
                      router,
                      "parentRefs",
                      "no router without parentRefs leads here, so it takes no request",
                      "the parents of a router must begin with one that has entry points");
        } else if (service.empty() && !has_children && context_.is_complete) {
            report_at(context_,
                      Code::TraefikElement,
                      router,
                      "",
                      "the router has no service, and no router names it as its parent",
                      "give it a service");
        } else if (!service.empty() && has_children) {
            report_at(context_,
                      Code::TraefikElement,
                      router,
                      "service",
                      fmt::format("a router with a service cannot be a parent, as it is of {}",
                                  base::quote_for_message(*children_[name].begin())));
        }
    }

    void check_child(const Element& router) {
        for (const std::string_view field : {"tls", "observability", "entryPoints"}) {
            if (find(*router.value, field) == nullptr) continue;
            report_at(context_,
                      Code::TraefikElement,
                      router,
                      field,
                      fmt::format("a router with parentRefs cannot have {}", field),
                      "move it to the router without parentRefs");
            return;
        }
    }

    const Context& context_;
    const Table& routers_;
    std::map<std::string, std::set<std::string>> children_;
    std::set<std::string> has_missing_parent_;
    std::set<std::string> has_foreign_parent_;
    std::set<std::string> visited_;
};

}  // namespace

std::vector<std::string> parents_of(const Element& router) {
    std::vector<std::string> parents;
    for (const std::string& name : list_of(*router.value, "parentRefs")) {
        const std::size_t mark = name.find('@');
        if (mark == std::string::npos || name.substr(mark) == "@file")
            parents.push_back(name.substr(0, mark));
        else
            parents.push_back(name);
    }
    return parents;
}

void check_router_tree(const Context& context) {
    Tree(context).run();
}

}  // namespace gatefile::traefik::check

// SPDX-License-Identifier: Apache-2.0
#include "traefik_router.hpp"

#include <algorithm>
#include <set>
#include <variant>

#include "gatefile/base/overloaded.hpp"

namespace gatefile::properties {

TraefikRouter::TraefikRouter(const traefik::Dynamic& dynamic, TlsOptionsBySni by_sni)
    : dynamic_(dynamic), by_sni_(by_sni) {
    std::map<std::string_view, std::size_t> by_name;
    for (const traefik::Router& router : dynamic.routers) {
        if (!by_name.emplace(router.name, nodes_.size()).second) {
            built_faults_.push_back("two routers are named " + router.name);
        }
        Node& node = nodes_.emplace_back();
        node.router = &router;
        node.rule = TraefikRule::parse(router.rule, node.error);
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        for (const std::string& parent : nodes_[i].router->parents) {
            const auto at = by_name.find(parent);
            if (at == by_name.end()) {
                built_faults_.push_back(nodes_[i].router->name + ": no parent " + parent);
            } else if (std::ranges::find(nodes_[at->second].children, i) ==
                       nodes_[at->second].children.end()) {
                nodes_[at->second].children.push_back(i);
            }
        }
        if (!nodes_[i].router->parents.empty()) continue;
        for (const std::string& entry_point : nodes_[i].router->entry_points) {
            doors_[{entry_point, nodes_[i].router->tls.has_value()}].roots.push_back(i);
        }
    }
    for (Node& node : nodes_)
        sort_by_priority(node.children);
    for (auto& [key, door] : doors_)
        sort_by_priority(door.roots);
    for (const traefik::Service& service : dynamic.services) {
        if (!services_.emplace(service.name, &service).second) {
            built_faults_.push_back("two services are named " + service.name);
        }
    }
    for (const traefik::Middleware& middleware : dynamic.middlewares) {
        if (!middlewares_.emplace(middleware.name, &middleware).second) {
            built_faults_.push_back("two middlewares are named " + middleware.name);
        }
    }
    for (auto& [key, door] : doors_) {
        if (key.second && by_sni_ == TlsOptionsBySni::Modelled) collect_domains(key.first, door);
    }
}

/// aggregator.go findConflictingRouters: one domain, one set of options.
void TraefikRouter::collect_domains(const std::string& entry_point, Door& door) {
    for (const std::size_t root : door.roots) {
        if (!nodes_[root].rule) continue;
        const std::string& options = nodes_[root].router->tls->options;
        for (const std::string& domain : nodes_[root].rule->domains()) {
            const auto [at, is_new] = door.options_by_domain.emplace(domain, options);
            if (!is_new && at->second != options) {
                built_faults_.push_back(entry_point + ": TLS options of " + domain + " conflict");
            }
        }
    }
}

std::int64_t TraefikRouter::priority(const traefik::Router& router) {
    return router.priority != 0 ? router.priority : static_cast<std::int64_t>(router.rule.size());
}

void TraefikRouter::sort_by_priority(std::vector<std::size_t>& nodes) const {
    std::ranges::stable_sort(
        nodes, std::greater<>{}, [&](std::size_t node) { return priority(*nodes_[node].router); });
}

std::vector<std::string> TraefikRouter::faults(const Layout& layout) const {
    std::vector<std::string> faults = built_faults_;
    for (const auto& [key, door] : doors_)
        check_siblings(key.first, door.roots, faults);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        check_node(i, faults);
        check_siblings(nodes_[i].router->name, nodes_[i].children, faults);
        if (nodes_[i].children.size() > layout.most_children) {
            faults.push_back(nodes_[i].router->name + ": too many children");
        }
    }
    check_layers(layout.most_layers, faults);
    check_tls(faults);
    return faults;
}

void TraefikRouter::check_siblings(const std::string& parent,
                                   const std::vector<std::size_t>& nodes,
                                   std::vector<std::string>& faults) const {
    for (std::size_t i = 1; i < nodes.size(); ++i) {
        const traefik::Router& a = *nodes_[nodes[i - 1]].router;
        const traefik::Router& b = *nodes_[nodes[i]].router;
        if (priority(a) == priority(b)) {
            faults.push_back(parent + ": " + a.name + " and " + b.name + " have one priority");
        }
    }
}

void TraefikRouter::check_node(std::size_t index, std::vector<std::string>& faults) const {
    const traefik::Router& router = *nodes_[index].router;
    const auto say = [&](std::string_view what) {
        faults.push_back(router.name + ": " + std::string(what));
    };
    if (!nodes_[index].rule) say("rule " + router.rule + ": " + nodes_[index].error);
    if (router.parents.empty()) {
        if (router.entry_points.empty()) say("a root without entry points");
    } else {
        if (!router.entry_points.empty()) say("a child with entry points");
        if (router.tls) say("a child with TLS");
    }
    const bool is_leaf = nodes_[index].children.empty();
    if (router.service.empty() && is_leaf) say("neither service nor children");
    if (!router.service.empty() && !is_leaf) say("service and children");
    if (!router.service.empty() && !services_.contains(router.service)) say("no such service");
    for (const std::string& name : router.middlewares) {
        if (!middlewares_.contains(name)) say("no middleware " + name);
    }
}

/// Longest way from a root; also finds routers that no root reaches, and rings.
void TraefikRouter::check_layers(std::size_t most, std::vector<std::string>& faults) const {
    std::vector<std::size_t> layer(nodes_.size(), 0);
    std::vector<std::size_t> reached;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (!nodes_[i].router->parents.empty()) continue;
        layer[i] = 1;
        reached.push_back(i);
    }
    for (std::size_t i = 0; i < reached.size(); ++i) {
        const std::size_t at = reached[i];
        if (layer[at] > most) {
            faults.push_back(nodes_[at].router->name + ": too many layers");
            return;
        }
        for (const std::size_t child : nodes_[at].children) {
            if (layer[child] > layer[at]) continue;
            layer[child] = layer[at] + 1;
            reached.push_back(child);
        }
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (layer[i] == 0) faults.push_back(nodes_[i].router->name + ": not reachable");
    }
}

void TraefikRouter::check_tls(std::vector<std::string>& faults) const {
    for (const Node& node : nodes_) {
        if (!node.router->tls || !node.router->parents.empty()) continue;
        const std::string& options = node.router->tls->options;
        if (options.empty()) continue;
        if (std::ranges::find(dynamic_.tls_options, options, &traefik::TlsOptions::name) ==
            dynamic_.tls_options.end()) {
            faults.push_back(node.router->name + ": no TLS options " + options);
        }
        if (node.rule && node.rule->domains().empty()) {
            faults.push_back(node.router->name + ": TLS options without Host");
        }
    }
}

/// A matching node is final: what its children do not match is not found (buildChildRoutersMuxer).
std::string TraefikRouter::route(const std::vector<std::size_t>& siblings,
                                 const SeenRequest& request) const {
    for (const std::size_t index : siblings) {
        const Node& node = nodes_[index];
        if (!node.rule || !node.rule->matches(request)) continue;
        const std::string stopped = middlewares_answer(node.router->middlewares);
        if (!stopped.empty()) return stopped;
        if (!node.children.empty()) return route(node.children, request);
        return service_answer(node.router->service);
    }
    return "404";
}

/// The options of a connection: the longest of the names that cover the server name.
std::string TraefikRouter::options_for(const Door& door, const std::string& server_name) const {
    std::string best_domain;
    std::set<std::string> best;
    for (const auto& [domain, options] : door.options_by_domain) {
        if (domain == "*" || server_name.empty() || !domain_matches(server_name, domain)) continue;
        if (domain.size() > best_domain.size()) best.clear();
        if (domain.size() >= best_domain.size()) {
            best_domain = domain;
            best.insert(options);
        }
    }
    if (best.size() > 1) return "random";
    if (!best.empty()) return *best.begin();
    const auto any = door.options_by_domain.find("*");
    return any == door.options_by_domain.end() ? "" : any->second;
}

std::string TraefikRouter::answer(const ir::Request& request) const {
    const auto at = doors_.find({request.entry_point, request.tls});
    if (at == doors_.end()) return "404";
    const Door& door = at->second;
    const SeenRequest seen = seen_by_traefik(request);
    if (request.tls && by_sni_ == TlsOptionsBySni::Modelled) {
        for (const std::size_t root : door.roots) {
            if (!nodes_[root].rule || !nodes_[root].rule->matches(seen)) continue;
            std::string server_name = seen.host;
            if (server_name.ends_with('.')) server_name.pop_back();
            const std::string options = options_for(door, server_name);
            if (options == "random") return "random";
            if (options != nodes_[root].router->tls->options) return "421";
            break;
        }
    }
    return route(door.roots, seen);
}

/// Empty: none of them answers.
std::string TraefikRouter::middlewares_answer(const std::vector<std::string>& names) const {
    for (const std::string& name : names) {
        const auto at = middlewares_.find(name);
        if (at == middlewares_.end()) return "no middleware " + name;
        if (const auto* status = std::get_if<traefik::StatusMiddleware>(&at->second->settings)) {
            return std::to_string(status->status);
        }
        if (const auto* to =
                std::get_if<traefik::RequestRedirectMiddleware>(&at->second->settings)) {
            return "redirect " + to->hostname.value_or("") + ":" + to->port.value_or("");
        }
    }
    return "";
}

std::string TraefikRouter::service_answer(const std::string& name) const {
    const auto at = services_.find(name);
    if (at == services_.end()) return "no service " + name;
    const std::string stopped = middlewares_answer(at->second->middlewares);
    if (!stopped.empty()) return stopped;
    return std::visit(
        base::Overloaded{
            [](const traefik::LoadBalancer& balancer) {
                std::string urls;
                for (const std::string& url : balancer.urls)
                    urls += url + " ";
                return urls.empty() ? std::string("503") : urls;
            },
            [&](const traefik::Weighted& weighted) {
                std::string answers;
                for (const traefik::WeightedMember& member : weighted.members) {
                    answers += service_answer(member.service);
                }
                return answers;
            },
            // Generated clusters have no TraefikService.
            [](const traefik::CompositeService&) { return std::string("composite"); },
            [&](const traefik::Mirroring& mirroring) { return service_answer(mirroring.service); },
        },
        at->second->settings);
}

}  // namespace gatefile::properties

// SPDX-License-Identifier: Apache-2.0
//
// What stock Traefik 3.7 does with our routers: layers of routers by priority, services behind
// middlewares, TLS options by SNI (pkg/server/router, pkg/server/aggregator.go).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/ir/match.hpp"
#include "gatefile/traefik/dynamic.hpp"
#include "traefik_rule.hpp"

namespace gatefile::properties {

/// How routers may be laid out besides being right.
struct Layout {
    std::size_t most_children = 300;
    std::size_t most_layers = 12;
};

/// Whether TLS options are chosen by SNI. Flat routers name every host in a root, which nothing but
/// the tests and the bench asks Traefik to do, so only their routing is of interest.
enum class TlsOptionsBySni { Modelled, Ignored };

class TraefikRouter {
public:
    /// Keeps a reference to `dynamic`.
    explicit TraefikRouter(const traefik::Dynamic& dynamic,
                           TlsOptionsBySni by_sni = TlsOptionsBySni::Modelled);

    /// What Traefik would refuse, decide at random or change in silence. The answers hold only when
    /// there is nothing.
    std::vector<std::string> faults(const Layout& layout) const;

    /// Who answers: "404", "500", "421", "redirect HOST:PORT" or the addresses of the servers.
    /// "random" where two sets of TLS options are equally good.
    std::string answer(const ir::Request& request) const;

private:
    struct Node {
        const traefik::Router* router = nullptr;
        std::optional<TraefikRule> rule;
        std::string error;
        std::vector<std::size_t> children;  ///< by falling priority
    };
    struct Door {
        std::vector<std::size_t> roots;  ///< by falling priority
        std::map<std::string, std::string> options_by_domain;
    };
    using DoorKey = std::pair<std::string, bool>;

    static std::int64_t priority(const traefik::Router& router);
    void sort_by_priority(std::vector<std::size_t>& nodes) const;
    void collect_domains(const std::string& entry_point, Door& door);
    void check_siblings(const std::string& parent,
                        const std::vector<std::size_t>& nodes,
                        std::vector<std::string>& faults) const;
    void check_node(std::size_t index, std::vector<std::string>& faults) const;
    void check_tls(std::vector<std::string>& faults) const;
    void check_layers(std::size_t most, std::vector<std::string>& faults) const;
    std::string route(const std::vector<std::size_t>& siblings, const SeenRequest& request) const;
    std::string options_for(const Door& door, const std::string& server_name) const;
    std::string middlewares_answer(const std::vector<std::string>& names) const;
    std::string service_answer(const std::string& name) const;

    const traefik::Dynamic& dynamic_;
    TlsOptionsBySni by_sni_;
    std::vector<Node> nodes_;
    std::map<DoorKey, Door> doors_;
    std::map<std::string_view, const traefik::Service*> services_;
    std::map<std::string_view, const traefik::Middleware*> middlewares_;
    std::vector<std::string> built_faults_;
};

}  // namespace gatefile::properties

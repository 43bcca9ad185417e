// SPDX-License-Identifier: Apache-2.0
#include "backend_names.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "gatefile/base/hash.hpp"
#include "names.hpp"
#include "transport_tls.hpp"

namespace gatefile::traefik {

std::string_view scheme_of(ir::BackendProtocol protocol) {
    switch (protocol) {
    case ir::BackendProtocol::Http:
        return "http";
    case ir::BackendProtocol::H2c:
        return "h2c";
    case ir::BackendProtocol::Https:
        return "https";
    case ir::BackendProtocol::Tcp:
        return "tcp";
    case ir::BackendProtocol::Udp:
        return "udp";
    }
    return "";
}

std::string url_of(std::string_view scheme, const ir::Endpoint& endpoint) {
    const bool ipv6 = endpoint.host.find(':') != std::string::npos;
    std::string url(scheme);
    url += ipv6 ? "://[" : "://";
    url += endpoint.host;
    url += ipv6 ? "]:" : ":";
    return url + std::to_string(endpoint.port);
}

bool has_weights(const ir::Backend& backend) {
    return std::ranges::any_of(backend.endpoints, [&](const ir::Endpoint& endpoint) {
        return endpoint.weight != backend.endpoints.front().weight;
    });
}

std::vector<std::string> backend_names(const ir::Config& config) {
    std::vector<std::string> names;
    std::set<std::string> taken;
    for (const ir::Backend& backend : config.backends) {
        std::string name =
            backend.composite
                ? make_name({"traefikservice", backend.ns, backend.name})
                : make_name({"service", backend.ns, backend.name, std::to_string(backend.port)});
        if (backend.protocol != ir::BackendProtocol::Http) {
            name = with_part(name, scheme_of(backend.protocol));
        }
        if (const std::string client = client_certificate_id(config, backend); !client.empty()) {
            name = with_part(with_part(name, "client"), client);
        }
        if (!taken.insert(name).second) {
            std::string endpoints;
            for (const ir::Endpoint& endpoint : backend.endpoints) {
                endpoints += url_of("", endpoint) + "\n";
            }
            if (backend.composite) {
                // They stand before it, so that they have their names.
                for (const ir::Composite::Part& part :
                     config.composites[*backend.composite].parts) {
                    endpoints += names[part.backend] + "\n";
                }
            }
            name = with_part(name, "e-" + base::sha256_hex(endpoints).substr(0, 16));
            taken.insert(name);
        }
        names.push_back(std::move(name));
    }
    return names;
}

}  // namespace gatefile::traefik

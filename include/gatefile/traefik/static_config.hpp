// SPDX-License-Identifier: Apache-2.0
//
// What gatefile must know of Traefik's static configuration: entry points with their redirections,
// middlewares and TLS, the providers that read our directory, the version. From a file (YAML or
// TOML), from command-line arguments (plain, or inside a rendered Deployment or DaemonSet), or from
// --entrypoint NAME=ADDRESS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/graph/capabilities.hpp"

namespace gatefile::traefik {

/// The two output formats of the same model (design.md §3.4).
enum class Format : std::uint8_t { File, Plugin };

struct Version {
    int major_number = 3;
    int minor_number = 7;
    int patch = 15;
    auto operator<=>(const Version&) const = default;
};

/// 3.7.0 is the first one with `middlewares` of services, `status` of retries, and multi-layer
/// routing, 3.7.7 the first one to which "Host(`*`)" is every host: before it a match that names
/// nothing gets 404.
constexpr Version oldest_version{3, 7, 7};
/// Of newer minor versions it is taken for granted that they do what this one does.
constexpr Version newest_tested{3, 7, 15};

/// What is wrong with a version of Traefik: it cannot serve what gatefile writes, or nobody knows.
struct Unfit {
    bool too_old = false;
    std::string text;  ///< a clause
};
std::optional<Unfit> unfit(const Version& version);

/// "3.7.15", "v3.7", "v3.8.0-rc.1"; nothing for what leaves the minor version open. "v3.7" stands for
/// the newest of it.
std::optional<Version> parse_version(std::string_view text);

struct EntryPoint {
    std::string name;
    std::string host;  ///< bind address; empty: all
    std::uint16_t port = 0;
    graph::Transport transport = graph::Transport::Tcp;
    std::string redirects_to;              ///< http.redirections.entryPoint.to
    std::vector<std::string> middlewares;  ///< http.middlewares
    bool tls = false;                      ///< http.tls is set
    std::string tls_options;               ///< http.tls.options; empty: the default ones
    bool as_default = false;               ///< asDefault
    bool trusts_forwarded_headers = false;
};

struct StaticConfig {
    std::vector<EntryPoint> entry_points;         ///< by name
    std::vector<std::string> file_directories;    ///< providers.file.directory
    std::vector<std::string> plugin_directories;  ///< directory of a provider plugin of ours
    std::string plugin_name = "gatefile";         ///< its key below providers.plugin
    /// Providers by their keys in lower case ("kubernetesingress", "file", "plugin-NAME"); whoever
    /// knows which one reads our directory takes it away.
    std::vector<std::string> other_providers;
    std::string ingress_class;        ///< providers.kubernetesIngress.ingressClass
    std::string ingress_route_class;  ///< providers.kubernetesCRD.ingressClass
    /// The former reads IngressClass objects: without it, no Ingress that names one is served.
    bool looks_up_classes = true;
    std::optional<Version> version;
    /// Of certificatesResolvers; nothing where the static configuration itself was not seen.
    std::optional<std::vector<std::string>> cert_resolvers;
    bool insecure_skip_verify = false;  ///< serversTransport.insecureSkipVerify
    /// Nothing was given: `web` :80 and `websecure` :443 are taken for granted.
    bool assumed = false;
    bool providers_unknown = false;  ///< nothing told of providers
};

base::Result<StaticConfig> parse_static_yaml(std::string_view text);
base::Result<StaticConfig> parse_static_toml(std::string_view text);
/// One argument a line or separated by blanks, "--entryPoints.web.address=:8000"; or a manifest
/// that holds a container with such args (then the image's tag gives the version).
base::Result<StaticConfig> parse_static_args(std::string_view text);
/// "NAME=ADDRESS", address as in Traefik: ":8000", "10.0.0.1:8443/udp".
base::Result<EntryPoint> parse_entry_point(std::string_view text);
StaticConfig assumed_static_config();

/// Those of routers that name none: the ones that say asDefault, else all but Traefik's own and ours.
std::vector<const EntryPoint*> default_entry_points(const StaticConfig& config);

/// The name of the entry point that requests with a deadline over several tries come in by again.
inline constexpr std::string_view inner_entry_point_name = "gatefile-inner";

/// That entry point when it is fit: on loopback, it trusts the headers that the outer one has set,
/// and does nothing of its own to requests. Else null.
const EntryPoint* find_inner_entry_point(const StaticConfig& config);

/// --slot NAME=EP,EP,… and --port-map 80=8000,443=8443.
struct SlotSettings {
    struct Named {
        std::string name;
        std::vector<std::string> entry_points;
        std::optional<std::string> address;
    };
    std::vector<Named> slots;  ///< empty: one per bind address
    /// (listener port, entry-point port); absent ports map to themselves.
    std::vector<std::pair<std::uint16_t, std::uint16_t>> port_map;
};

base::Result<std::vector<graph::Slot>> make_slots(const StaticConfig& config,
                                                  const SlotSettings& settings);

}  // namespace gatefile::traefik

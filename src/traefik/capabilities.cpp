// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/capabilities.hpp"

#include <array>

namespace gatefile::traefik {
namespace {

using graph::Ability;
using graph::Answer;
using graph::Support;

constexpr std::string_view use_plugin = "use --to plugin";

constexpr Answer yes{.support = Support::Yes};

constexpr Answer no(std::string_view reason, std::string_view remedy = "") {
    return {.support = Support::No, .reason = reason, .remedy = remedy};
}

constexpr Answer approximate(std::string_view reason,
                             std::string_view approximation,
                             std::string_view remedy = use_plugin) {
    return {.support = Support::Approximate,
            .reason = reason,
            .remedy = remedy,
            .approximation = approximation};
}

constexpr std::string_view sets_only =
    "Traefik's headers middleware sets a header and cannot append to it";
constexpr std::string_view earlier_values_lost =
    "the header is set, so that values it had before are lost";
constexpr std::string_view get_is_302 =
    "Traefik's redirectRegex answers GET with 301 or 302 and other methods with 307 or 308";
constexpr std::string_view one_percent = "Traefik's mirroring takes whole percents";
constexpr std::string_view nearest_percent = "the nearest whole percent is mirrored";
constexpr std::string_view no_hop =
    "Traefik has no deadline over several tries: responseHeaderTimeout is for each try, and "
    "retry.timeout passes the last answer on";
constexpr std::string_view inner_entry_point =
    "add the entry point gatefile-inner that `gatefile static` prints, or use "
    "timeouts.backendRequest, which is for each try";
constexpr std::string_view cookies_only = "Traefik keeps sessions by cookie only";
constexpr std::string_view no_idle = "Traefik's sticky cookies know no idle time";
constexpr std::string_view no_auth_hop =
    "Traefik's forwardAuth asks one URL, which has to be an inner entry point";
constexpr std::string_view auth_entry_point =
    "add the entry point gatefile-inner that `gatefile static` prints";
constexpr std::string_view auth_is_told =
    "Traefik's forwardAuth asks one URL; what makes the request's own host and path of it is known "
    "in JSON only";
constexpr std::string_view auth_path_only =
    "the server is asked for http.path or / and finds the request's host and path in "
    "X-Forwarded-Host and X-Forwarded-Uri";
constexpr std::string_view auth_names =
    "Traefik's forwardAuth replaces headers by name; by a pattern for all it would take the "
    "request's own away";
constexpr std::string_view auth_none_copied = "no header of the answer is copied";
constexpr std::string_view wss_unverified =
    "a backend with TLS of its own needs a BackendTLSPolicy to be verified";

constexpr std::string_view one_server_name =
    "Traefik's serverName is both the name that is sent (SNI) and the one that is verified";
constexpr std::string_view san_is_sent =
    "the name to be verified is sent as server name, in place of the hostname";
constexpr std::string_view one_name =
    "Traefik verifies one DNS name or one URI (peerCertURI), and knows no choice between names";
constexpr std::string_view first_name_only =
    "only the hostname if it is among them, else the first URI, else the first name is accepted";

constexpr AbilityRow both(Ability ability, std::string_view feature, Answer answer) {
    return {ability, feature, answer, answer};
}

// clang-format off
constexpr std::array<AbilityRow, static_cast<std::size_t>(Ability::Count_)> rows{{
    both(Ability::RequestHeaderSet,    "HTTPRoute RequestHeaderModifier set", yes),
    {    Ability::RequestHeaderAdd,    "HTTPRoute RequestHeaderModifier add", approximate(sets_only, earlier_values_lost), yes},
    both(Ability::RequestHeaderRemove, "HTTPRoute RequestHeaderModifier remove", yes),
    both(Ability::ResponseHeaderSet,   "HTTPRoute ResponseHeaderModifier set", yes),
    {    Ability::ResponseHeaderAdd,   "HTTPRoute ResponseHeaderModifier add", approximate(sets_only, earlier_values_lost), yes},
    both(Ability::ResponseHeaderRemove, "HTTPRoute ResponseHeaderModifier remove", yes),
    both(Ability::Redirect301,         "HTTPRoute RequestRedirect statusCode 301", yes),
    both(Ability::Redirect302,         "HTTPRoute RequestRedirect statusCode 302", yes),
    {    Ability::Redirect303,         "HTTPRoute RequestRedirect statusCode 303", no(get_is_302, use_plugin), yes},
    {    Ability::Redirect307,         "HTTPRoute RequestRedirect statusCode 307", approximate(get_is_302, "GET is answered 302"), yes},
    {    Ability::Redirect308,         "HTTPRoute RequestRedirect statusCode 308", approximate(get_is_302, "GET is answered 301"), yes},
    both(Ability::RedirectPath,        "HTTPRoute RequestRedirect path", yes),
    both(Ability::RewriteHostname,     "HTTPRoute URLRewrite hostname", yes),
    both(Ability::RewriteFullPath,     "HTTPRoute URLRewrite path ReplaceFullPath", yes),
    both(Ability::RewritePrefix,       "HTTPRoute URLRewrite path ReplacePrefixMatch", yes),
    both(Ability::BackendRequestHeaderModifier,  "HTTPRoute backendRefs filter RequestHeaderModifier", yes),
    both(Ability::BackendResponseHeaderModifier, "HTTPRoute backendRefs filter ResponseHeaderModifier", yes),
    both(Ability::BackendUrlRewrite,   "HTTPRoute backendRefs filter URLRewrite", yes),
    {    Ability::BackendRequestRedirect, "HTTPRoute backendRefs filter RequestRedirect", approximate(get_is_302, "methods other than GET are answered 307 or 308"), yes},
    both(Ability::BackendMirror,       "HTTPRoute backendRefs filter RequestMirror", yes),
    both(Ability::BackendCors,         "HTTPRoute backendRefs filter CORS", yes),
    both(Ability::Mirror,              "HTTPRoute RequestMirror", yes),
    both(Ability::MirrorFraction,      "HTTPRoute RequestMirror fraction that is no whole percent", approximate(one_percent, nearest_percent, "write a whole percent")),
    both(Ability::Cors,                "HTTPRoute CORS", yes),
    both(Ability::RequestTimeout,      "HTTPRoute timeouts.request", yes),
    both(Ability::BackendTimeout,      "HTTPRoute timeouts.backendRequest", yes),
    both(Ability::RetryConnection,     "HTTPRoute retry of connections", yes),
    both(Ability::RetryCodes,          "HTTPRoute retry.codes", yes),
    both(Ability::RetryBackoff,        "HTTPRoute retry.backoff", yes),
    both(Ability::RequestTimeoutWithRetry, "HTTPRoute timeouts.request together with retry", no(no_hop, inner_entry_point)),
    both(Ability::SessionCookie,       "HTTPRoute sessionPersistence by cookie", yes),
    both(Ability::SessionCookiePath,   "HTTPRoute sessionPersistence cookie path", yes),
    both(Ability::SessionCookiePermanent, "HTTPRoute sessionPersistence permanent cookie", yes),
    both(Ability::SessionIdleTimeout,  "HTTPRoute sessionPersistence.idleTimeout", no(no_idle, "use absoluteTimeout")),
    both(Ability::SessionHeader,       "HTTPRoute sessionPersistence by header", no(cookies_only, "use type Cookie")),
    both(Ability::ExternalAuth,        "HTTPRoute ExternalAuth", no(no_auth_hop, auth_entry_point)),
    both(Ability::ExternalAuthAllHeaders, "HTTPRoute ExternalAuth without allowedResponseHeaders", approximate(auth_names, auth_none_copied, "name them in http.allowedResponseHeaders")),
    both(Ability::AppProtocolH2c,      "Service appProtocol kubernetes.io/h2c", yes),
    both(Ability::AppProtocolWs,       "Service appProtocol kubernetes.io/ws", yes),
    both(Ability::AppProtocolHttps,    "Service appProtocol https", yes),
    both(Ability::AppProtocolWss,      "Service appProtocol kubernetes.io/wss", no(wss_unverified, "add one for the Service")),
    both(Ability::PathRegex,           "HTTPRoute path match RegularExpression", yes),
    both(Ability::HeaderRegex,         "HTTPRoute header match RegularExpression", yes),
    both(Ability::QueryRegex,          "HTTPRoute query match RegularExpression", yes),
    both(Ability::ListenerFilters,     "Gateway listener filters", yes),
    both(Ability::BackendTlsOtherName, "BackendTLSPolicy subjectAltNames other than hostname", approximate(one_server_name, san_is_sent, "add the hostname to the certificate, or use a name of type URI")),
    both(Ability::BackendTlsSeveralNames, "BackendTLSPolicy subjectAltNames, several", approximate(one_name, first_name_only, "name only one that every certificate has")),
}};
// clang-format on

constexpr bool in_order() {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (static_cast<std::size_t>(rows[i].ability) != i) return false;
    }
    return true;
}
static_assert(in_order());

}  // namespace

std::span<const AbilityRow> ability_table() {
    return rows;
}

graph::Capabilities capabilities(Format format, const StaticConfig& config) {
    graph::Capabilities out{.backends_unverified = config.insecure_skip_verify,
                            .tells_listeners_apart = config.other_providers.empty()};
    out.cert_resolvers = config.cert_resolvers;
    for (const AbilityRow& row : rows) {
        const bool file = format == Format::File;
        out.answers[static_cast<std::size_t>(row.ability)] = file ? row.file : row.plugin;
    }
    if (find_inner_entry_point(config) != nullptr) {
        out.answers[static_cast<std::size_t>(Ability::RequestTimeoutWithRetry)] = yes;
        out.answers[static_cast<std::size_t>(Ability::ExternalAuth)] =
            format == Format::File ? approximate(auth_is_told, auth_path_only) : yes;
    }
    return out;
}

}  // namespace gatefile::traefik

// SPDX-License-Identifier: Apache-2.0
#include "evaluate.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/regex.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/url_path.hpp"
#include "middleware_effect.hpp"

namespace gatefile::analysis {
namespace {

/// Unreserved characters without escapes, the others' in capitals.
std::string normalised_escapes(std::string_view path) {
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const int byte = base::escaped_byte(path.substr(i));
        if (byte < 0) {
            out += path[i];
            continue;
        }
        if (const char c = static_cast<char>(byte); base::is_unreserved(c)) {
            out += c;
        } else {
            base::append_escape(out, c);
        }
        i += 2;
    }
    return out;
}

std::string new_prefix(const ir::PrefixPath& change, std::string_view path) {
    std::string_view rest = path;
    if (change.matched != "/") {
        for (std::size_t end = 1; end <= path.size(); ++end) {
            if (end != path.size() && path[end] != '/') continue;
            if (ir::routing_path(path.substr(0, end)) != change.matched) continue;
            rest = path.substr(end);
            break;
        }
    }
    std::string out = base::encode_path(base::decode_path(change.replacement));
    while (out.ends_with('/'))
        out.pop_back();
    if (!out.empty() && !out.starts_with('/')) out.insert(0, "/");
    if (out.empty() && rest.empty()) return "/";
    return out.append(rest);
}

using Headers = std::vector<ir::Header>;

void remove(Headers& headers, std::string_view name) {
    std::erase_if(headers, [&](const ir::Header& header) {
        return base::equals_ignoring_case(header.name, name);
    });
}

void set(Headers& headers, const ir::Header& header) {
    const auto is_it = [&](const ir::Header& other) {
        return base::equals_ignoring_case(other.name, header.name);
    };
    const auto at = std::ranges::find_if(headers, is_it);
    if (at == headers.end()) {
        headers.push_back(header);
        return;
    }
    *at = header;
    headers.erase(std::remove_if(std::next(at), headers.end(), is_it), headers.end());
}

/// It is no header to Go; what is set becomes the request's host.
bool is_host(const ir::Header& header) {
    return base::equals_ignoring_case(header.name, "Host");
}

void apply(const ir::HeaderChange& change, Headers& headers) {
    for (const ir::Header& header : change.set) {
        if (!is_host(header)) set(headers, header);
    }
    for (const ir::Header& header : change.add) {
        if (!is_host(header)) headers.push_back(header);
    }
    for (const std::string& name : change.remove)
        remove(headers, name);
}

/// What several changes come to, as a list of all they do.
void gather(const ir::HeaderChange& change, ir::HeaderChange& all) {
    all.set.insert(all.set.end(), change.set.begin(), change.set.end());
    all.add.insert(all.add.end(), change.add.begin(), change.add.end());
    all.remove.insert(all.remove.end(), change.remove.begin(), change.remove.end());
}

std::string with_path(std::string_view target, std::string path) {
    const std::size_t mark = target.find('?');
    if (mark != std::string_view::npos) path += target.substr(mark);
    return path;
}

std::string value_of(const Headers& headers, std::string_view name) {
    const auto at = std::ranges::find_if(headers, [&](const ir::Header& header) {
        return base::equals_ignoring_case(header.name, name);
    });
    return at == headers.end() ? "" : at->value;
}

bool lists(const std::vector<std::string>& all, std::string_view one) {
    return std::ranges::find(all, one) != all.end();
}

bool matches_pattern(std::string_view pattern, std::string_view origin) {
    std::string regex = "^";
    for (const char c : pattern)
        regex += c == '*' ? std::string("[^:/?#]+") : base::quote_regex(std::string_view(&c, 1));
    const auto compiled = base::Regex::compile(regex + "$");
    return compiled && compiled->matches(origin);
}

/// Access-Control-Allow-Origin, which a request without Origin may get as well; nothing: there is
/// none. With credentials it never is "*".
std::optional<std::string> allowed_origin(const ir::CorsPolicy& policy, const std::string& origin) {
    for (const std::string& one : policy.allow_origins) {
        if (one == "*") return policy.allow_credentials.value_or(false) ? origin : "*";
        if (one == origin) return origin;
    }
    const bool matches = std::ranges::any_of(policy.allow_origins, [&](const std::string& one) {
        return one.find('*') != std::string::npos && matches_pattern(one, origin);
    });
    return matches ? std::optional(origin) : std::nullopt;
}

class Run {
public:
    Run(Evaluation so_far, const ir::Config& config, const Question& question, Redirects redirects)
        : state_(std::move(so_far)), config_(config), question_(question), redirects_(redirects) {}

    void filter(const ir::Filter& filter) {
        std::visit(base::Overloaded{
                       [&](const ir::RequestHeaders& f) { request_headers(f.change); },
                       [&](const ir::ResponseHeaders& f) {
                           change_answer(state_, f.change);
                           step("responseHeaderModifier", effect_of(f.change));
                       },
                       [&](const ir::Rewrite& f) { rewrite(f); },
                       [&](const ir::Redirect& f) { redirect(f); },
                       [&](const ir::Mirror& f) { mirror(f); },
                       [&](const ir::CorsPolicy& f) { cors(f); },
                       [&](const ir::ExternalAuth& f) {
                           const ir::Backend& asked = config_.backends[f.backend];
                           step("externalAuth",
                                fmt::format("asks {}/{}:{}, which may answer the request by itself",
                                            asked.ns,
                                            asked.name,
                                            asked.port));
                       },
                       [&](const ir::ExtensionFilter& f) {
                           MiddlewareEffect effect = run_middleware(f, state_);
                           if (effect.known == Known::NotAtAll && state_.unsure.empty())
                               state_.unsure = effect.text;
                           step("extensionRef", std::move(effect.text));
                       },
                   },
                   filter);
    }
    bool answered() const { return state_.reply.has_value(); }
    Evaluation take() { return std::move(state_); }

private:
    void step(std::string filter, std::string effect) {
        state_.steps.push_back({std::move(filter), {}, std::move(effect)});
    }

    void request_headers(const ir::HeaderChange& change) {
        change_headers(change, state_.seen);
        step("requestHeaderModifier", effect_of(change));
    }

    void rewrite(const ir::Rewrite& rewrite) {
        std::vector<std::string> parts;
        if (rewrite.path) {
            std::string path = changed_path(*rewrite.path, path_part(state_.seen.target));
            parts.push_back("the path becomes " + path);
            change_path(state_, std::move(path));
        }
        if (rewrite.hostname) {
            state_.seen.host = *rewrite.hostname;
            parts.push_back("the host becomes " + *rewrite.hostname);
        }
        step("urlRewrite", base::join(parts, ", "));
    }

    /// redirectRegex answers GET with the status, and others with one that keeps the method.
    int status_of(const ir::Redirect& redirect) const {
        if (redirects_ == Redirects::Exact || question_.method == "GET") return redirect.status;
        return redirect.status == 301 || redirect.status == 308 ? 308 : 307;
    }

    /// redirectRegex takes what stands before the port; requestRedirect splits as Go does, at the
    /// last colon that digits follow, and puts brackets around an address only where a port follows.
    std::string kept_host(bool with_port) const {
        std::string_view host = state_.seen.host;
        const std::size_t bracket = host.find(']');
        if (redirects_ != Redirects::Exact) {
            return std::string(bracket == std::string_view::npos ? host.substr(0, host.find(':'))
                                                                 : host.substr(0, bracket + 1));
        }
        const std::size_t colon = host.rfind(':');
        const bool has_port =
            colon != std::string_view::npos &&
            host.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
        if (has_port) host = host.substr(0, colon);
        if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
        const bool in_brackets = with_port && host.find(':') != std::string_view::npos;
        return in_brackets ? fmt::format("[{}]", host) : std::string(host);
    }

    /// redirectRegex reads the query as it was sent.
    std::string redirected_target() const {
        const std::string& target = state_.seen.target;
        const bool as_sent = redirects_ != Redirects::Exact && !state_.path_changed;
        if (!as_sent || question_.query.empty()) return target;
        return std::string(path_part(target)) + "?" + question_.query;
    }

    void redirect(const ir::Redirect& redirect) {
        std::string location = redirect.scheme.value_or(question_.tls ? "https" : "http") + "://";
        location += redirect.hostname.value_or(kept_host(redirect.port.has_value()));
        if (redirect.port) location += fmt::format(":{}", *redirect.port);
        std::string path(path_part(state_.seen.target));
        if (redirect.path) path = changed_path(*redirect.path, path);
        location += with_path(redirected_target(), std::move(path));
        const int status = status_of(redirect);
        step("requestRedirect", fmt::format("answers {} to {}", status, location));
        state_.reply = Reply{status, {{"Location", location}}};
    }

    void mirror(const ir::Mirror& mirror) {
        const ir::Backend& to = config_.backends[mirror.backend];
        const double percent = 100.0 * mirror.numerator / std::max(mirror.denominator, 1);
        step("requestMirror",
             fmt::format(
                 "copies {:g} % of the requests to {}/{}:{}", percent, to.ns, to.name, to.port));
    }

    void cors(const ir::CorsPolicy& policy) {
        const std::string origin = value_of(state_.seen.headers, "Origin");
        const std::string method = value_of(state_.seen.headers, "Access-Control-Request-Method");
        const auto allowed = allowed_origin(policy, origin);
        if (!origin.empty() && !method.empty() && question_.method == "OPTIONS") {
            preflight(policy, allowed, method);
            return;
        }
        ir::HeaderChange change;
        if (allowed) change.set.push_back({"Access-Control-Allow-Origin", *allowed});
        if (policy.allow_credentials.value_or(false))
            change.set.push_back({"Access-Control-Allow-Credentials", "true"});
        expose(policy, change.set);
        change_answer(state_, std::move(change));
        step("cors",
             origin.empty() ? "there is no Origin"
             : allowed      ? "the Origin is allowed"
                            : "the Origin is not allowed");
    }

    /// Browsers do not take a "*" with credentials for all.
    static void expose(const ir::CorsPolicy& policy, Headers& headers) {
        const bool bare = lists(policy.expose_headers, "*");
        if (policy.expose_headers.empty() || (bare && policy.allow_credentials.value_or(false)))
            return;
        headers.push_back(
            {"Access-Control-Expose-Headers", base::join(policy.expose_headers, ",")});
    }

    void preflight(const ir::CorsPolicy& policy,
                   const std::optional<std::string>& allowed,
                   const std::string& method) {
        const bool credentials = policy.allow_credentials.value_or(false);
        const std::string asked =
            value_of(state_.seen.headers, "Access-Control-Request-Headers");
        Reply reply{200, {}};
        const auto add = [&](std::string name, std::string value) {
            if (!value.empty()) reply.headers.push_back({std::move(name), std::move(value)});
        };
        if (credentials) add("Access-Control-Allow-Credentials", "true");
        const bool any_header = credentials && lists(policy.allow_headers, "*");
        add("Access-Control-Allow-Headers",
            any_header ? asked : base::join(policy.allow_headers, ","));
        const bool any_method = credentials && lists(policy.allow_methods, "*");
        add("Access-Control-Allow-Methods",
            any_method ? method : base::join(policy.allow_methods, ","));
        if (allowed) add("Access-Control-Allow-Origin", *allowed);
        add("Access-Control-Max-Age", std::to_string(policy.max_age));
        expose(policy, reply.headers);
        step("cors",
             allowed ? "answers the preflight request: the Origin is allowed"
                     : "answers the preflight request: the Origin is not allowed");
        state_.reply = std::move(reply);
    }

    Evaluation state_;
    const ir::Config& config_;
    const Question& question_;
    Redirects redirects_;
};

}  // namespace

std::string effect_of(const ir::HeaderChange& change) {
    std::vector<std::string> parts;
    for (const ir::Header& header : change.set)
        parts.push_back(fmt::format("sets {}: {}", header.name, header.value));
    for (const ir::Header& header : change.add)
        parts.push_back(fmt::format("adds {}: {}", header.name, header.value));
    for (const std::string& name : change.remove)
        parts.push_back("removes " + name);
    return parts.empty() ? "changes nothing" : base::join(parts, ", ");
}

std::string_view path_part(std::string_view target) {
    return target.substr(0, target.find('?'));
}

void change_headers(const ir::HeaderChange& change, Seen& seen) {
    apply(change, seen.headers);
    if (const std::string host = value_of(change.set, "Host"); !host.empty()) seen.host = host;
    gather(change, seen.changes);
}

void change_answer(Evaluation& state, ir::HeaderChange change) {
    state.changes.insert(state.changes.begin(), std::move(change));
}

void change_path(Evaluation& state, std::string path) {
    state.seen.target = with_path(state.seen.target, std::move(path));
    state.path_changed = true;
}

bool is_forwarded_header(std::string_view name) {
    constexpr std::array<std::string_view, 11> known{"x-forwarded-proto",
                                                     "x-forwarded-for",
                                                     "x-forwarded-host",
                                                     "x-forwarded-port",
                                                     "x-forwarded-server",
                                                     "x-forwarded-uri",
                                                     "x-forwarded-method",
                                                     "x-forwarded-prefix",
                                                     "x-forwarded-tls-client-cert",
                                                     "x-forwarded-tls-client-cert-info",
                                                     "x-real-ip"};
    std::string plain = base::to_lower(name);
    std::ranges::replace(plain, '_', '-');
    return std::ranges::find(known, plain) != known.end();
}

std::string separated_query(std::string query) {
    std::ranges::replace(query, ';', '&');
    return query;
}

std::string forwarded_path(std::string_view sent) {
    return ir::resolved_path(normalised_escapes(base::sent_on(sent)));
}

std::string changed_path(const ir::PathChange& change, std::string_view path) {
    return std::visit(base::Overloaded{
                          [](const ir::FullPath& full) {
                              std::string out = base::encode_path(base::decode_path(full.path));
                              return out.starts_with('/') ? out : "/" + out;
                          },
                          [&](const ir::PrefixPath& prefix) { return new_prefix(prefix, path); },
                      },
                      change);
}

Evaluation begin(const Question& question, bool trusts_forwarded) {
    Evaluation out;
    out.seen.method = question.method;
    out.seen.host = question.host;
    out.seen.target = forwarded_path(question.path);
    if (!question.query.empty() || question.bare_mark)
        out.seen.target += "?" + separated_query(question.query);
    for (const auto& [name, value] : question.headers) {
        if (trusts_forwarded || !is_forwarded_header(name))
            out.seen.headers.push_back({name, value});
    }
    return out;
}

Evaluation run_filters(Evaluation so_far,
                       const std::vector<ir::Filter>& filters,
                       const ir::Config& config,
                       const Question& question,
                       Redirects redirects) {
    Run run(std::move(so_far), config, question, redirects);
    for (const bool mirrors : {false, true}) {
        for (const ir::Filter& filter : filters) {
            if (run.answered()) break;
            if (std::holds_alternative<ir::Mirror>(filter) == mirrors) run.filter(filter);
        }
    }
    return run.take();
}

}  // namespace gatefile::analysis

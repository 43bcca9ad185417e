// SPDX-License-Identifier: Apache-2.0
#include "evaluate.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/regex.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::analysis {
namespace {

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~").find(c) != std::string_view::npos;
}

/// What Go leaves in a path as it is.
bool stands_for_itself(char c) {
    return is_unreserved(c) || std::string_view("!$&'()*+,;=:@/[]").find(c) != std::string::npos;
}

void append_escaped(std::string& out, char c) {
    out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
}

/// -1: there is no escape at the start of `text`.
int escaped_byte(std::string_view text) {
    if (text.size() < 3 || text[0] != '%') return -1;
    const int high = hex_value(text[1]);
    const int low = hex_value(text[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::string normalised_escapes(std::string_view path) {
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const int byte = escaped_byte(path.substr(i));
        if (byte < 0) {
            if (stands_for_itself(path[i])) {
                out += path[i];
            } else {
                append_escaped(out, path[i]);
            }
            continue;
        }
        i += 2;
        if (is_unreserved(static_cast<char>(byte))) {
            out += static_cast<char>(byte);
        } else {
            append_escaped(out, static_cast<char>(byte));
        }
    }
    return out;
}

std::string cleaned(std::string_view path) {
    std::vector<std::string_view> kept;
    for (const std::string_view segment : base::split(path, '/')) {
        if (segment.empty() || segment == ".") continue;
        if (segment != "..") {
            kept.push_back(segment);
        } else if (!kept.empty()) {
            kept.pop_back();
        }
    }
    std::string out;
    for (const std::string_view segment : kept)
        out.append("/").append(segment);
    if (out.empty() || path.ends_with('/')) out += '/';
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
    std::string out = normalised_escapes(change.replacement);
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

void apply(const ir::HeaderChange& change, Headers& headers) {
    for (const ir::Header& header : change.set)
        set(headers, header);
    headers.insert(headers.end(), change.add.begin(), change.add.end());
    for (const std::string& name : change.remove)
        remove(headers, name);
}

/// What several changes come to, as a list of all they do.
void gather(const ir::HeaderChange& change, ir::HeaderChange& all) {
    all.set.insert(all.set.end(), change.set.begin(), change.set.end());
    all.add.insert(all.add.end(), change.add.begin(), change.add.end());
    all.remove.insert(all.remove.end(), change.remove.begin(), change.remove.end());
}

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

std::string with_path(std::string_view target, std::string path) {
    const std::size_t mark = target.find('?');
    if (mark != std::string_view::npos) path += target.substr(mark);
    return path;
}

const std::string* find(const std::vector<std::pair<std::string, std::string>>& headers,
                        std::string_view name) {
    const auto at = std::ranges::find_if(headers, [&](const auto& header) {
        return base::equals_ignoring_case(header.first, name);
    });
    return at == headers.end() ? nullptr : &at->second;
}

bool allows_origin(std::string_view pattern, std::string_view origin) {
    if (pattern == "*" || base::equals_ignoring_case(pattern, origin)) return true;
    if (pattern.find('*') == std::string_view::npos) return false;
    std::string regex = "^";
    for (const char c : pattern)
        regex += c == '*' ? std::string("[^:/?#]+") : base::quote_regex(std::string_view(&c, 1));
    const auto compiled = base::Regex::compile(regex + "$");
    return compiled && compiled->matches(origin);
}

/// Access-Control-Allow-Origin; empty: the origin is not allowed.
std::string allowed_origin(const ir::CorsPolicy& policy, const std::string& origin) {
    const bool credentials = policy.allow_credentials.value_or(false);
    const bool any = std::ranges::find(policy.allow_origins, "*") != policy.allow_origins.end();
    if (any) return credentials ? origin : "*";
    const bool allowed = std::ranges::any_of(
        policy.allow_origins, [&](const std::string& one) { return allows_origin(one, origin); });
    return allowed ? origin : "";
}

class Run {
public:
    Run(Evaluation so_far, const ir::Config& config, const Question& question, Redirects redirects)
        : state_(std::move(so_far)), config_(config), question_(question), redirects_(redirects) {}

    void filter(const ir::Filter& filter) {
        std::visit(base::Overloaded{
                       [&](const ir::RequestHeaders& f) { request_headers(f.change); },
                       [&](const ir::ResponseHeaders& f) {
                           state_.changes.push_back(f.change);
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
                           step("extensionRef",
                                fmt::format("runs the Middleware {}/{} ({}), which may change or "
                                            "answer the request by itself",
                                            f.ns,
                                            f.name,
                                            f.type));
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
        apply(change, state_.seen.headers);
        gather(change, state_.seen.changes);
        step("requestHeaderModifier", effect_of(change));
    }

    void rewrite(const ir::Rewrite& rewrite) {
        std::vector<std::string> parts;
        if (rewrite.path) {
            std::string path = changed_path(*rewrite.path, path_part(state_.seen.target));
            parts.push_back("the path becomes " + path);
            state_.seen.target = with_path(state_.seen.target, std::move(path));
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

    void redirect(const ir::Redirect& redirect) {
        const std::string& sent = question_.host;
        std::string location = redirect.scheme.value_or(question_.tls ? "https" : "http") + "://";
        std::string_view kept = sent;
        if (const std::size_t bracket = kept.find(']'); bracket != std::string_view::npos) {
            kept = kept.substr(0, bracket + 1);
        } else {
            kept = kept.substr(0, kept.find(':'));
        }
        location += redirect.hostname ? *redirect.hostname : std::string(kept);
        if (redirect.port) location += fmt::format(":{}", *redirect.port);
        std::string path(path_part(state_.seen.target));
        if (redirect.path) path = changed_path(*redirect.path, path);
        location += with_path(state_.seen.target, std::move(path));
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
        const std::string* origin = find(question_.headers, "Origin");
        const std::string* method = find(question_.headers, "Access-Control-Request-Method");
        const std::string allowed = origin != nullptr ? allowed_origin(policy, *origin) : "";
        if (origin != nullptr && method != nullptr && question_.method == "OPTIONS") {
            preflight(policy, allowed);
            return;
        }
        ir::HeaderChange change;
        if (!allowed.empty()) change.set.push_back({"Access-Control-Allow-Origin", allowed});
        if (policy.allow_credentials.value_or(false))
            change.set.push_back({"Access-Control-Allow-Credentials", "true"});
        if (!policy.expose_headers.empty())
            change.set.push_back(
                {"Access-Control-Expose-Headers", base::join(policy.expose_headers, ",")});
        state_.changes.push_back(change);
        step("cors",
             origin == nullptr ? "there is no Origin"
             : allowed.empty() ? "the Origin is not allowed"
                               : "the Origin is allowed");
    }

    void preflight(const ir::CorsPolicy& policy, const std::string& allowed) {
        Reply reply{200, {}};
        if (policy.allow_credentials.value_or(false))
            reply.headers.push_back({"Access-Control-Allow-Credentials", "true"});
        if (!policy.allow_headers.empty())
            reply.headers.push_back(
                {"Access-Control-Allow-Headers", base::join(policy.allow_headers, ",")});
        if (!policy.allow_methods.empty())
            reply.headers.push_back(
                {"Access-Control-Allow-Methods", base::join(policy.allow_methods, ",")});
        if (!allowed.empty()) reply.headers.push_back({"Access-Control-Allow-Origin", allowed});
        reply.headers.push_back({"Access-Control-Max-Age", std::to_string(policy.max_age)});
        step("cors",
             allowed.empty() ? "answers the preflight request: the Origin is not allowed"
                             : "answers the preflight request: the Origin is allowed");
        state_.reply = std::move(reply);
    }

    Evaluation state_;
    const ir::Config& config_;
    const Question& question_;
    Redirects redirects_;
};

}  // namespace

std::string forwarded_path(std::string_view sent) {
    return cleaned(normalised_escapes(sent));
}

std::string changed_path(const ir::PathChange& change, std::string_view path) {
    return std::visit(base::Overloaded{
                          [](const ir::FullPath& full) {
                              std::string out = normalised_escapes(full.path);
                              return out.starts_with('/') ? out : "/" + out;
                          },
                          [&](const ir::PrefixPath& prefix) { return new_prefix(prefix, path); },
                      },
                      change);
}

Evaluation begin(const Question& question) {
    Evaluation out;
    out.seen.method = question.method;
    out.seen.host = question.host;
    out.seen.target = forwarded_path(question.path);
    if (!question.query.empty()) out.seen.target += "?" + question.query;
    for (const auto& [name, value] : question.headers)
        out.seen.headers.push_back({name, value});
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

// SPDX-License-Identifier: Apache-2.0
#include "external_auth.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "gatefile/base/hash.hpp"
#include "gatefile/base/strings.hpp"
#include "names.hpp"
#include "paths.hpp"
#include "rule.hpp"

namespace gatefile::traefik {

namespace {

using tree::Value;

Value texts(const std::vector<std::string>& items) {
    Value::List list;
    for (const std::string& item : items)
        list.emplace_back(Value{item});
    return Value{std::move(list)};
}

/// The server gets its own Host and Content-Length, and Authorization always.
std::vector<std::string> sent_headers(const std::vector<std::string>& allowed) {
    std::vector<std::string> sent{"Authorization"};
    for (const std::string& name : allowed) {
        const bool settled = base::equals_ignoring_case(name, "Authorization") ||
                             base::equals_ignoring_case(name, "Content-Length") ||
                             base::equals_ignoring_case(name, "Host");
        if (!settled) sent.push_back(name);
    }
    return sent;
}

Value forward_auth(const ir::ExternalAuth& auth, std::string address) {
    Value made;
    set(made, "address", Value{std::move(address)});
    set(made, "authRequestHeaders", texts(sent_headers(auth.request_headers)));
    if (!auth.response_headers.empty()) {
        set(made, "authResponseHeaders", texts(auth.response_headers));
    }
    if (auth.max_body > 0) {
        set(made, "forwardBody", Value{true});
        set(made, "maxBodySize", Value{std::int64_t{auth.max_body}});
    }
    // Else a redirect would lead to the inner entry point.
    set(made, "preserveLocationHeader", Value{true});
    set(made, "preserveRequestMethod", Value{true});
    set(made, "trustForwardHeader", Value{false});
    return made;
}

class Behind {
public:
    Behind(Draft& draft, const std::string& owner) : draft_(draft), owner_(owner) {}

    void add(std::string_view part,
             std::string type,
             std::initializer_list<std::pair<std::string_view, Value>> fields,
             std::string service = {}) {
        Value settings;
        for (const auto& [key, value] : fields)
            set(settings, key, value);
        std::string name = with_part(owner_, part);
        middlewares_.push_back(name);
        draft_.dynamic.middlewares.push_back(
            {std::move(name),
             ExtensionMiddleware{.type = std::move(type),
                                 .settings = std::make_shared<const Value>(std::move(settings)),
                                 .service = std::move(service)}});
    }

    std::vector<std::string> take() { return std::move(middlewares_); }

private:
    Draft& draft_;
    const std::string& owner_;
    std::vector<std::string> middlewares_;
};

Value text(std::string_view bytes) {
    return Value{std::string(bytes)};
}

/// The request as it came, from what forwardAuth says of it.
std::vector<std::string>
restore_request(Draft& draft, const std::string& name, const ir::ExternalAuth& auth) {
    Behind behind(draft, name);
    const std::string path = decoded_path(auth.path);
    // To forwardAuth every 2xx is a yes, to the Gateway API only 200.
    Value codes;
    set(codes, "201-299", Value{std::int64_t{403}});
    behind.add("only-200",
               "errors",
               {{"status", texts({"201-299"})}, {"statusRewrites", std::move(codes)}},
               status_service(draft, 403));
    if (draft.is_file()) {
        behind.add("path", "replacePath", {{"path", text(auth.path.empty() ? "/" : path)}});
        return behind.take();
    }
    behind.add("uri",
               "snippet",
               {{"configurationSnippet", text("rewrite ^ $http_x_forwarded_uri break;")}});
    // The snippet takes what is escaped for what it looks like.
    behind.add("escapes", "rewriteTarget", {{"regex", text("%25")}, {"replacement", text("%")}});
    if (!auth.path.empty()) behind.add("path", "addPrefix", {{"prefix", text(path)}});
    behind.add("host", "upstreamVHost", {{"vHost", text("$http_x_forwarded_host")}});
    return behind.take();
}

}  // namespace

void render_external_auth(Draft& draft,
                          const std::string& name,
                          const ir::ExternalAuth& auth,
                          const std::string& service) {
    const InnerEntryPoint& entry_point = *draft.settings.inner;
    // Of its own for each filter, so that no other request leads to the server.
    const std::string mark =
        "/gatefile-auth/" + base::sha256_hex(entry_point.secret + "\n" + name).substr(0, 32);
    draft.dynamic.middlewares.push_back(
        {name,
         ExtensionMiddleware{.type = "forwardAuth",
                             .settings = std::make_shared<const Value>(
                                 forward_auth(auth, "http://" + entry_point.address + mark)),
                             .service = {}}});
    draft.dynamic.routers.push_back({.name = with_part(name, "ask"),
                                     .rule = call("Path", mark).text(),
                                     .priority = ++draft.hops,
                                     .entry_points = {entry_point.name},
                                     .service = service,
                                     .middlewares = restore_request(draft, name, auth)});
}

}  // namespace gatefile::traefik

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "decode.hpp"
#include "decode_middleware.hpp"
#include "gatefile/base/strings.hpp"
#include "middleware_fields.hpp"

namespace gatefile::api {

namespace {

using diag::Code;
using tree::Value;
using Type = TraefikService::Type;
using Ref = TraefikService::Ref;

/// Traefik adds weights up.
constexpr std::int64_t most_weight = 1'000'000;
constexpr std::int64_t most_bytes = std::int64_t{1} << 50;

constexpr std::pair<std::string_view, Type> types[] = {
    {"weighted", Type::Weighted},
    {"highestRandomWeight", Type::HighestRandomWeight},
    {"mirroring", Type::Mirroring},
    {"failover", Type::Failover},
};

constexpr MiddlewareField cookie[] = {
    {.name = "name", .check = TextCheck::CookieName},
    {.name = "secure", .shape = Shape::Flag},
    {.name = "httpOnly", .shape = Shape::Flag},
    {.name = "sameSite", .check = TextCheck::SameSite},
    {.name = "maxAge",
     .shape = Shape::Integer,
     .least = std::numeric_limits<std::int32_t>::min(),
     .most = std::numeric_limits<std::int32_t>::max()},
    {.name = "path", .check = TextCheck::CookieText, .fallback = "/"},
    {.name = "domain", .check = TextCheck::CookieText},
};
constexpr MiddlewareField sticky[] = {{.name = "cookie", .shape = Shape::Object, .fields = cookie}};
constexpr MiddlewareField forwarding[] = {{.name = "flushInterval", .shape = Shape::Duration}};
constexpr MiddlewareField balancer[] = {
    {.name = "sticky", .shape = Shape::Object, .fields = sticky},
    {.name = "strategy", .check = TextCheck::Strategy},
    {.name = "passHostHeader", .shape = Shape::Flag},
    {.name = "responseForwarding", .shape = Shape::Object, .fields = forwarding},
};
constexpr MiddlewareField weighted[] = {
    {.name = "sticky", .shape = Shape::Object, .fields = sticky}};
constexpr MiddlewareField mirroring[] = {
    {.name = "mirrorBody", .shape = Shape::Flag, .fallback = "true"},
    {.name = "maxBodySize",
     .shape = Shape::Integer,
     .fallback = "-1",
     .least = -1,
     .most = most_bytes},
};
constexpr MiddlewareField errors[] = {
    {.name = "status", .shape = Shape::Texts, .check = TextCheck::Codes, .required = true},
    {.name = "maxRequestBodyBytes",
     .shape = Shape::Integer,
     .fallback = "-1",
     .least = -1,
     .most = most_bytes},
};
constexpr MiddlewareField failover[] = {
    {.name = "errors", .shape = Shape::Object, .required = true, .fields = errors}};

constexpr std::string_view in_ref[] = {
    "name", "kind", "namespace", "port", "scheme", "weight", "middlewares"};
constexpr std::string_view of_mirror[] = {"percent"};
constexpr std::string_view of_mirroring[] = {"mirrors", "mirrorBody", "maxBodySize"};
constexpr std::string_view of_services[] = {"services"};
constexpr std::string_view of_failover[] = {"service", "fallback"};

/// What Traefik's own provider has and gatefile does otherwise.
struct Elsewhere {
    std::string_view field;
    std::string_view reason;
};
constexpr Elsewhere elsewhere[] = {
    {"serversTransport", "not served: a BackendTLSPolicy for the Service says how it is reached"},
    {"nativeLB", "not served: --backends clusterip uses the Service's cluster IP"},
    {"nodePortLB", "not served: --backends nodeport uses node ports"},
    {"healthCheck", "not served: the Service's EndpointSlices tell which endpoints are ready"},
    {"passiveHealthCheck",
     "not served: the Service's EndpointSlices tell which endpoints are ready"},
};

bool is_off(const tree::Node& value) {
    return value.is_null() || (value.is_bool() && !value.as_bool());
}

template <typename Names, typename NameOf>
bool has(const Names& names, std::string_view wanted, NameOf name_of) {
    return std::ranges::find(names, wanted, name_of) != std::ranges::end(names);
}

/// `handled` and what the table has are known, everything else refuses the object.
void refuse_others(const Cursor& at,
                   std::span<const MiddlewareField> fields,
                   std::span<const std::string_view> handled,
                   bool is_ref) {
    for (const tree::Entry& entry : at.node().entries()) {
        if (has(fields, entry.key, &MiddlewareField::name) ||
            has(handled, entry.key, std::identity()) ||
            (is_ref && (has(in_ref, entry.key, std::identity()) ||
                        has(balancer, entry.key, &MiddlewareField::name)))) {
            continue;
        }
        const auto* other = std::ranges::find(elsewhere, entry.key, &Elsewhere::field);
        if (is_ref && other != std::end(elsewhere)) {
            if (!is_off(entry.value)) {
                at.report(Code::UnknownField, entry.key, std::string(other->reason));
            }
            continue;
        }
        at.report(Code::UnknownField,
                  entry.key,
                  fmt::format("unknown field {}", base::quote_for_message(entry.key)));
    }
}

/// A cookie that is not there makes nothing sticky.
void drop_empty(Value& settings) {
    auto& map = std::get<Value::Map>(settings.data);
    std::erase_if(map, [](const Value::Field& field) {
        const auto* inner = std::get_if<Value::Map>(&field.value.data);
        return inner != nullptr && inner->empty();
    });
}

Value settings_of(const Cursor& at, std::span<const MiddlewareField> fields) {
    Value made = decode_known_fields(at, fields);
    drop_empty(made);
    return made;
}

class Decoder {
public:
    explicit Decoder(TraefikService& out) : out_(out) {}

    void add(const Cursor& at, std::span<const std::string_view> besides) {
        refuse_others(at, {}, besides, true);
        Ref ref{.name = at.text("name"), .path = at.path().text()};
        check_name(at, "name", ref.name);
        own_namespace(at);
        ref.is_composite = is_composite(at);
        ref.weight = static_cast<int>(at.integer("weight", 0, most_weight).value_or(1));
        ref.percent = static_cast<int>(at.integer("percent", 0, 100).value_or(0));
        if (ref.is_composite) {
            refuse_balancer(at);
        } else {
            port(at, ref);
            ref.scheme = at.text("scheme");
            if (!ref.scheme.empty() && ref.scheme != "http" && ref.scheme != "https" &&
                ref.scheme != "h2c") {
                at.report(Code::InvalidValue, "scheme", "must be http, https or h2c");
            }
            at.list("middlewares", [&](const Cursor& member) {
                ref.middlewares.push_back(middleware(member));
                return true;
            });
            ref.balancer = settings_of(at, balancer);
            plain_strategy(ref.balancer);
        }
        out_.refs.push_back(std::move(ref));
    }

    void add_field(const Cursor& at, std::string_view field) {
        const bool found = at.object(field, [this](const Cursor& ref) {
                                 add(ref, {});
                                 return true;
                             }).has_value();
        if (!found) at.report(Code::MissingField, field, "Required value");
    }

    void
    add_list(const Cursor& at, std::string_view field, std::span<const std::string_view> besides) {
        at.list(field, [&](const Cursor& ref) {
            add(ref, besides);
            return true;
        });
    }

private:
    static bool is_composite(const Cursor& at) {
        const std::string kind = at.text("kind");
        if (kind == "TraefikService") return true;
        if (!kind.empty() && kind != "Service") {
            at.report(Code::InvalidValue, "kind", "must be Service or TraefikService");
        }
        return false;
    }

    static void check_name(const Cursor& at, std::string_view field, std::string_view name) {
        if (name.empty()) {
            at.report(Code::MissingField, field, "Required value");
        } else if (name.find('@') != std::string_view::npos) {
            at.report(Code::InvalidValue, field, "what other providers have cannot be named");
        }
    }

    void own_namespace(const Cursor& at) const {
        const std::string ns = at.text("namespace");
        if (ns.empty() || ns == out_.meta.ns) return;
        at.report(Code::InvalidValue, "namespace", "must be the TraefikService's own namespace");
    }

    std::string middleware(const Cursor& at) const {
        constexpr std::string_view known[] = {"name", "namespace"};
        refuse_others(at, {}, known, false);
        std::string name = at.text("name");
        check_name(at, "name", name);
        own_namespace(at);
        return name;
    }

    static void refuse_balancer(const Cursor& at) {
        for (const std::string_view field : {"scheme",
                                             "middlewares",
                                             "sticky",
                                             "strategy",
                                             "passHostHeader",
                                             "responseForwarding"}) {
            const tree::Node* node = at.node().find(field);
            if (node == nullptr || node->is_null()) continue;
            at.report(Code::InvalidValue, field, "has no meaning for a TraefikService");
        }
    }

    static void port(const Cursor& at, Ref& ref) {
        const tree::Node* node = at.node().find("port");
        if (node != nullptr && node->is_string()) {
            ref.port_name = at.text("port");
        } else {
            ref.port = at.port("port").value_or(0);
        }
        if (ref.port_name.empty() && ref.port == 0) {
            at.report(Code::MissingField, "port", "Required value");
        }
    }

    /// The old word for what is the default anyway.
    static void plain_strategy(Value& settings) {
        std::erase_if(std::get<Value::Map>(settings.data), [](const Value::Field& field) {
            return field.key == "strategy" && field.value == Value{std::string("RoundRobin")};
        });
    }

    TraefikService& out_;
};

void decode_type(const Cursor& at, TraefikService& service) {
    Decoder decoder(service);
    switch (service.type) {
    case Type::Weighted:
        refuse_others(at, weighted, of_services, false);
        service.settings = settings_of(at, weighted);
        decoder.add_list(at, "services", {});
        break;
    case Type::HighestRandomWeight:
        refuse_others(at, {}, of_services, false);
        decoder.add_list(at, "services", {});
        break;
    case Type::Mirroring:
        service.settings = settings_of(at, mirroring);
        decoder.add(at, of_mirroring);
        decoder.add_list(at, "mirrors", of_mirror);
        break;
    case Type::Failover:
        refuse_others(at, failover, of_failover, false);
        service.settings = settings_of(at, failover);
        decoder.add_field(at, "service");
        decoder.add_field(at, "fallback");
        break;
    }
    if (service.refs.empty()) at.report(Code::MissingField, "services", "Required value");
}

}  // namespace

TraefikService decode_traefik_service(const Cursor& object, Meta meta) {
    TraefikService service{.meta = std::move(meta)};
    const auto found = object.object("spec", [&](const Cursor& spec) {
        std::size_t count = 0;
        for (const tree::Entry& entry : spec.node().entries()) {
            if (entry.value.is_null()) continue;
            ++count;
            const auto* type =
                std::ranges::find(types, entry.key, &std::pair<std::string_view, Type>::first);
            if (type == std::end(types)) {
                spec.report(Code::UnknownField,
                            entry.key,
                            fmt::format("unknown field {}", base::quote_for_message(entry.key)));
                return true;
            }
            service.type = type->second;
        }
        if (count != 1) {
            object.report(Code::InvalidValue,
                          "spec",
                          "must be exactly one of weighted, highestRandomWeight, mirroring and "
                          "failover");
            return true;
        }
        const auto* type =
            std::ranges::find(types, service.type, &std::pair<std::string_view, Type>::second);
        spec.object(type->first, [&](const Cursor& at) {
            decode_type(at, service);
            return true;
        });
        return true;
    });
    if (!found && !object.refused()) object.report(Code::MissingField, "spec", "Required value");
    return service;
}

}  // namespace gatefile::api

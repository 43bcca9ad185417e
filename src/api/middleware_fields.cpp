// SPDX-License-Identifier: Apache-2.0
#include "middleware_fields.hpp"

#include <limits>

namespace gatefile::api {

namespace {

using Field = MiddlewareField;
using Use = Middleware::SecretUse;
using enum TextCheck;

constexpr std::int64_t largest = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t most_bytes = std::int64_t{1} << 50;
/// Traefik multiplies rates with a second in nanoseconds.
constexpr std::int64_t highest_rate = 1'000'000'000;

constexpr Field text(std::string_view name, TextCheck check = None) {
    return {.name = name, .check = check};
}
constexpr Field required(Field field) {
    field.required = true;
    return field;
}
constexpr Field flag(std::string_view name) {
    return {.name = name, .shape = Shape::Flag};
}
constexpr Field number(std::string_view name,
                       std::int64_t least,
                       std::int64_t most,
                       std::string_view fallback = {}) {
    return {
        .name = name, .shape = Shape::Integer, .fallback = fallback, .least = least, .most = most};
}
constexpr Field duration(std::string_view name, std::string_view fallback = {}) {
    return {.name = name, .shape = Shape::Duration, .fallback = fallback};
}
constexpr Field
texts(std::string_view name, TextCheck check = None, std::string_view fallback = {}) {
    return {.name = name, .shape = Shape::Texts, .check = check, .fallback = fallback};
}
constexpr Field headers(std::string_view name) {
    return {.name = name, .shape = Shape::TextMap, .check = HeaderName};
}
constexpr Field secret(std::string_view name, Use use) {
    return {.name = name, .shape = Shape::Secret, .use = use};
}
constexpr Field object(std::string_view name, std::span<const Field> fields) {
    return {.name = name, .shape = Shape::Object, .fields = fields};
}

constexpr Field ip_strategy[] = {
    number("depth", 0, largest), texts("excludedIPs", Address), number("ipv6Subnet", 1, 128)};
constexpr Field source_criterion[] = {
    object("ipStrategy", ip_strategy), text("requestHeaderName", HeaderName), flag("requestHost")};

constexpr Field add_prefix[] = {required(text("prefix", Path))};
constexpr Field strip_prefix[] = {required(texts("prefixes")), flag("forceSlash")};
constexpr Field strip_prefix_regex[] = {required(texts("regex", Regex))};
constexpr Field replace_path[] = {required(text("path"))};
constexpr Field replace_path_regex[] = {required(text("regex", Regex)), text("replacement")};
constexpr Field chain[] = {{.name = "middlewares", .shape = Shape::Chain, .required = true}};

constexpr Field ip_allow_list[] = {
    required(texts("sourceRange", Address)),
    object("ipStrategy", ip_strategy),
    {.name = "rejectStatusCode", .shape = Shape::Integer, .check = RejectCode, .most = 599}};
constexpr Field ip_white_list[] = {required(texts("sourceRange", Address)),
                                   object("ipStrategy", ip_strategy)};

constexpr Field headers_fields[] = {
    headers("customRequestHeaders"),
    headers("customResponseHeaders"),
    flag("accessControlAllowCredentials"),
    texts("accessControlAllowHeaders"),
    texts("accessControlAllowMethods"),
    texts("accessControlAllowOriginList"),
    texts("accessControlAllowOriginListRegex", Regex),
    texts("accessControlExposeHeaders"),
    number("accessControlMaxAge", -1, largest),
    flag("addVaryHeader"),
    texts("allowedHosts"),
    texts("hostsProxyHeaders", HeaderName),
    headers("sslProxyHeaders"),
    number("stsSeconds", 0, most_bytes),
    flag("stsIncludeSubdomains"),
    flag("stsPreload"),
    flag("forceSTSHeader"),
    flag("frameDeny"),
    text("customFrameOptionsValue"),
    flag("contentTypeNosniff"),
    flag("browserXssFilter"),
    text("customBrowserXSSValue"),
    text("contentSecurityPolicy"),
    text("contentSecurityPolicyReportOnly"),
    text("publicKey"),
    text("referrerPolicy"),
    text("permissionsPolicy"),
    flag("isDevelopment"),
    text("featurePolicy"),
    flag("sslRedirect"),
    flag("sslTemporaryRedirect"),
    text("sslHost"),
    flag("sslForceHost"),
};

constexpr Field encoded_characters[] = {
    flag("allowEncodedSlash"),
    flag("allowEncodedBackSlash"),
    flag("allowEncodedNullCharacter"),
    flag("allowEncodedSemicolon"),
    flag("allowEncodedPercent"),
    flag("allowEncodedQuestionMark"),
    flag("allowEncodedHash"),
};

constexpr Field errors[] = {
    texts("status", Codes),
    {.name = "statusRewrites", .shape = Shape::CodeMap},
    {.name = "service", .shape = Shape::Service, .required = true},
    text("query"),
    texts("errorRequestHeaders", HeaderName),
};

constexpr Field redis_tls[] = {flag("insecureSkipVerify"),
                               secret("caSecret", Use::Authority),
                               secret("certSecret", Use::KeyPair)};
constexpr Field redis[] = {
    texts("endpoints", None, "localhost:6379"),
    object("tls", redis_tls),
    secret("secret", Use::Credentials),
    number("db", 0, largest),
    number("poolSize", 0, largest),
    number("minIdleConns", 0, largest),
    number("maxActiveConns", 0, largest),
    duration("readTimeout", "3s"),
    duration("writeTimeout", "3s"),
    duration("dialTimeout", "5s"),
};
constexpr Field rate_limit[] = {
    number("average", 0, highest_rate),
    duration("period", "1s"),
    number("burst", 0, highest_rate, "1"),
    object("sourceCriterion", source_criterion),
    object("redis", redis),
};

constexpr Field redirect_regex[] = {
    required(text("regex", Regex)), required(text("replacement")), flag("permanent")};
constexpr Field redirect_scheme[] = {required(text("scheme")), text("port"), flag("permanent")};

constexpr Field basic_auth[] = {required(secret("secret", Use::BasicUsers)),
                                text("realm"),
                                flag("removeHeader"),
                                text("headerField", HeaderName)};
constexpr Field digest_auth[] = {required(secret("secret", Use::DigestUsers)),
                                 text("realm"),
                                 flag("removeHeader"),
                                 text("headerField", HeaderName)};

constexpr Field forward_tls[] = {flag("insecureSkipVerify"),
                                 flag("caOptional"),
                                 secret("caSecret", Use::Authority),
                                 secret("certSecret", Use::KeyPair)};
constexpr Field forward_auth[] = {
    required(text("address", Url)),
    object("tls", forward_tls),
    flag("trustForwardHeader"),
    texts("authResponseHeaders", HeaderName),
    text("authResponseHeadersRegex", Regex),
    texts("authRequestHeaders", HeaderName),
    number("maxResponseBodySize", -1, most_bytes),
    texts("addAuthCookiesToResponse"),
    text("headerField", HeaderName),
    flag("forwardBody"),
    number("maxBodySize", -1, most_bytes, "-1"),
    flag("preserveLocationHeader"),
    flag("preserveRequestMethod"),
    text("authSigninURL", Url),
};

constexpr Field in_flight_req[] = {number("amount", 0, most_bytes),
                                   object("sourceCriterion", source_criterion)};
constexpr Field buffering[] = {
    number("maxRequestBodyBytes", 0, most_bytes),
    number("memRequestBodyBytes", 0, most_bytes),
    number("maxResponseBodyBytes", 0, most_bytes),
    number("memResponseBodyBytes", 0, most_bytes),
    text("retryExpression", RetryExpression),
};
constexpr Field circuit_breaker[] = {
    required(text("expression", BreakerExpression)),
    duration("checkPeriod", "100ms"),
    duration("fallbackDuration", "10s"),
    duration("recoveryDuration", "10s"),
    number("responseCode", 200, 599, "503"),
};
constexpr Field compress[] = {
    texts("excludedContentTypes", MediaType),
    texts("includedContentTypes", MediaType),
    number("minResponseBodyBytes", 0, largest),
    texts("encodings", Encoding, "gzip br zstd"),
    text("defaultEncoding", Encoding),
};

constexpr Field issuer[] = {
    flag("country"),
    flag("province"),
    flag("locality"),
    flag("organization"),
    flag("commonName"),
    flag("serialNumber"),
    flag("domainComponent"),
};
constexpr Field subject[] = {
    flag("country"),
    flag("province"),
    flag("locality"),
    flag("organization"),
    flag("organizationalUnit"),
    flag("commonName"),
    flag("serialNumber"),
    flag("domainComponent"),
};
constexpr Field certificate_info[] = {
    flag("notAfter"),
    flag("notBefore"),
    flag("sans"),
    flag("serialNumber"),
    object("subject", subject),
    object("issuer", issuer),
};
constexpr Field pass_tls_client_cert[] = {flag("pem"), object("info", certificate_info)};

constexpr Field retry[] = {
    required(number("attempts", 1, 1000)),
    duration("timeout"),
    duration("initialInterval"),
    number("maxRequestBodyBytes", -1, most_bytes, "2097152"),
    texts("status", Codes),
    flag("disableRetryOnNetworkError"),
    flag("retryNonIdempotentMethod"),
};
constexpr Field content_type[] = {flag("autoDetect")};
constexpr Field grpc_web[] = {required(texts("allowOrigins"))};

constexpr MiddlewareType types[] = {
    {"addPrefix", add_prefix},
    {"stripPrefix", strip_prefix},
    {"stripPrefixRegex", strip_prefix_regex},
    {"replacePath", replace_path},
    {"replacePathRegex", replace_path_regex},
    {"chain", chain},
    {"ipWhiteList", ip_white_list},
    {"ipAllowList", ip_allow_list},
    {"headers", headers_fields},
    {"encodedCharacters", encoded_characters},
    {"errors", errors},
    {"rateLimit", rate_limit},
    {"redirectRegex", redirect_regex},
    {"redirectScheme", redirect_scheme},
    {"basicAuth", basic_auth},
    {"digestAuth", digest_auth},
    {"forwardAuth", forward_auth},
    {"inFlightReq", in_flight_req},
    {"buffering", buffering},
    {"circuitBreaker", circuit_breaker},
    {"compress", compress},
    {"passTLSClientCert", pass_tls_client_cert},
    {"retry", retry},
    {"contentType", content_type},
    {"grpcWeb", grpc_web},
};

}  // namespace

const MiddlewareType* find_middleware_type(std::string_view name) {
    for (const MiddlewareType& type : types) {
        if (type.name == name) return &type;
    }
    return nullptr;
}

}  // namespace gatefile::api

// SPDX-License-Identifier: Apache-2.0
#include "gatefile/probe/live.hpp"

#include <arpa/inet.h>

#include <memory>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/http/request.hpp"

namespace gatefile::probe {
namespace {

base::Error refused(std::string_view text, std::string_view wanted) {
    return {base::ErrorKind::Usage,
            base::quote_for_message(text, 200) + ": " + std::string(wanted)};
}

/// "shop.example" and "[::1]" of a Host header.
std::string_view without_port(std::string_view host) {
    const std::size_t colon = host.rfind(':');
    const std::size_t bracket = host.rfind(']');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    return host.substr(0, has_port ? colon : host.size());
}

/// For these libcurl sends no server name.
bool is_address(std::string_view host) {
    if (host.starts_with('[')) return true;
    in_addr ignored{};
    return inet_pton(AF_INET, std::string(host).c_str(), &ignored) == 1;
}

analysis::LiveAnswer::End end_of(http::Ending ending) {
    switch (ending) {
    case http::Ending::Other:
        return analysis::LiveAnswer::End::Failed;
    case http::Ending::Alert:
        return analysis::LiveAnswer::End::Alert;
    case http::Ending::Handshake:
        return analysis::LiveAnswer::End::Handshake;
    case http::Ending::Closed:
        return analysis::LiveAnswer::End::Closed;
    }
    return analysis::LiveAnswer::End::Failed;
}

std::string text_of(const http::CallError& error) {
    if (error.failure != http::Failure::Untrusted) return error.text;
    return error.text + " (--cacert FILE names who is trusted, --insecure trusts anybody)";
}

http::Call call_of(const analysis::Question& question, const Address& address, const Asking& how) {
    http::Peer peer{.ca_pem = how.ca_pem, .verify = how.verify};
    peer.certificate_pem = question.client_certificate;
    peer.key_pem = base::SecretBytes(question.client_certificate);
    // Who is asked for by no name cannot be told by it.
    std::string name = question.sni.value_or(std::string(without_port(question.host)));
    if (!question.sni && !is_address(name)) {
        name = "0.0.0.0";
        peer.verify_name = false;
    }
    http::Call call{.method = question.method,
                    .url = fmt::format("{}://{}/", question.tls ? "https" : "http", name),
                    .headers = question.headers,
                    .peer = std::make_shared<const http::Peer>(std::move(peer)),
                    .connect_timeout = how.timeout,
                    .timeout = how.timeout,
                    .max_body = 64u << 20,
                    .connect_to = address.to,
                    .target = question.path,
                    .bare = true};
    call.headers.emplace_back("Host", question.host);
    if (!question.query.empty()) call.target += "?" + question.query;
    return call;
}

}  // namespace

base::Result<Address> parse_address(std::string_view text) {
    constexpr std::string_view wanted =
        "[PORT=]SCHEME://HOST[:PORT] is wanted, such as http://127.0.0.1:8080";
    Address address;
    address.written = text;
    std::string_view url = text;
    const std::size_t equals = text.find('=');
    if (equals < text.find(':')) {
        const auto port = base::parse_int(text.substr(0, equals));
        if (!port || *port < 1 || *port > 65535) return refused(text, wanted);
        address.port = static_cast<std::uint16_t>(*port);
        url = text.substr(equals + 1);
    }
    const auto parsed = analysis::make_question("GET", url);
    if (!parsed || parsed->path != "/" || !parsed->query.empty()) return refused(text, wanted);
    address.tls = parsed->tls;
    address.to = fmt::format("{}:{}", without_port(parsed->host), parsed->port);
    return address;
}

const Address* address_for(const std::vector<Address>& addresses,
                           const analysis::Question& question) {
    const Address* found = nullptr;
    for (const Address& address : addresses) {
        if (address.tls != question.tls) continue;
        if (address.port == question.port) return &address;
        if (!address.port && found == nullptr) found = &address;
    }
    return found;
}

base::Result<analysis::LiveAnswer>
ask(const analysis::Question& question, const Address& address, const Asking& how) {
    const http::Answer answer = http::send(call_of(question, address, how));
    analysis::LiveAnswer live;
    if (answer.error) {
        if (answer.error->failure == http::Failure::Unreachable) {
            return base::Error{base::ErrorKind::Network,
                               fmt::format("{}: {}", address.written, answer.error->text)};
        }
        live.end = end_of(answer.error->ending);
        live.failure = text_of(*answer.error);
        return live;
    }
    live.end = analysis::LiveAnswer::End::Answered;
    live.status = answer.response.status;
    live.body = answer.response.body;
    for (const auto& [name, value] : answer.headers)
        live.headers.push_back({name, value});
    return live;
}

}  // namespace gatefile::probe

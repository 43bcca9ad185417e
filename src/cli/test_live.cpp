// SPDX-License-Identifier: Apache-2.0
#include "test_live.hpp"

#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "settings.hpp"

namespace gatefile::cli {

void add_live_options(CLI::App& app, LiveOptions& options) {
    app.add_option("--against", options.against, "Send the requests to a live Traefik, here")
        ->type_name("[PORT=]URL");
    app.add_option("--cacert", options.ca_file, "Certificates of authorities to trust there")
        ->type_name("FILE");
    app.add_flag("-k,--insecure", options.insecure, "Trust any certificate there");
    app.add_option("--timeout", options.timeout, "How long one request may take there (10s)")
        ->type_name("DURATION");
}

base::Result<LiveTraefik> LiveTraefik::make(const LiveOptions& options) {
    LiveTraefik live;
    for (const std::string& text : options.against) {
        auto address = probe::parse_address(text);
        if (!address) return address.error().within("--against");
        live.addresses_.push_back(std::move(*address));
    }
    if (!options.ca_file.empty()) {
        auto pem = read_whole_file(options.ca_file);
        if (!pem) return pem.error().within("--cacert");
        if (pem->find("-----BEGIN CERTIFICATE-----") == std::string::npos)
            return usage("--cacert", options.ca_file, "there is no certificate in it");
        live.how_.ca_pem = std::move(*pem);
    }
    live.how_.verify = !options.insecure;
    const auto timeout = duration("--timeout", options.timeout);
    if (!timeout) return timeout.error();
    if (*timeout) live.how_.timeout = **timeout;
    return live;
}

std::optional<std::string> LiveTraefik::obstacle(const analysis::RouteTest& test) const {
    const analysis::Question& question = test.question;
    if (probe::address_for(addresses_, question) == nullptr) {
        const std::string_view scheme = question.tls ? "https" : "http";
        return fmt::format("no --against is for {} at port {}; --against {}://HOST:PORT names one",
                           scheme,
                           question.port,
                           scheme);
    }
    if (!question.client_certificate.empty() &&
        question.client_certificate.find("PRIVATE KEY-----") == std::string::npos) {
        return "clientCertificate: a live Traefik wants the client's key in that file, too";
    }
    return std::nullopt;
}

base::Result<analysis::Verdict> LiveTraefik::judge(const analysis::RouteTest& test) const {
    const probe::Address* address = probe::address_for(addresses_, test.question);
    auto answer = probe::ask(test.question, *address, how_);
    if (!answer) return answer.error().within("--against");
    return analysis::judge_live(test, *answer);
}

}  // namespace gatefile::cli

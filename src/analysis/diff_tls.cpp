// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "diff_parts.hpp"
#include "diff_witness.hpp"
#include "gatefile/base/hash.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/x509.hpp"

namespace gatefile::analysis {
namespace {

bool covers(const ir::Certificate& certificate, std::string_view host) {
    return std::ranges::any_of(certificate.names, [&](const std::string& name) {
        if (name == host) return true;
        const std::size_t dot = host.find('.');
        return name.starts_with("*.") && dot != std::string_view::npos && !host.starts_with('*') &&
               name.substr(1) == host.substr(dot);
    });
}

/// The certificate for a name; for none, the one that is shown to clients without SNI.
const ir::Certificate*
certificate_for(const ir::Config& config, const ir::Tls& tls, std::string_view host) {
    for (const std::size_t index : tls.certificates) {
        const ir::Certificate& certificate = config.certificates[index];
        if (host.empty() || covers(certificate, host)) return &certificate;
    }
    return nullptr;
}

std::string certificate_text(const ir::Certificate& certificate) {
    constexpr std::size_t shown = 4;
    std::string names;
    for (std::size_t i = 0; i < certificate.names.size() && i < shown; ++i)
        names += (i > 0 ? ", " : "") + base::quote_for_message(certificate.names[i]);
    if (certificate.names.size() > shown)
        names += fmt::format(" and {} more", certificate.names.size() - shown);
    const auto parsed = base::parse_certificate_chain(certificate.chain_pem);
    const std::string until =
        parsed ? ", valid until " + base::format_rfc3339(parsed->not_after) : "";
    return fmt::format("the certificate of Secret {} (sha256 {:.16}, for {}{})",
                       certificate.id,
                       certificate.fingerprint,
                       names.empty() ? "no name" : names,
                       until);
}

/// The certificates of a bundle, as texts.
std::set<std::string_view> blocks(std::string_view pem) {
    constexpr std::string_view end_mark = "-----END CERTIFICATE-----";
    std::set<std::string_view> all;
    for (std::size_t end = pem.find(end_mark); end != std::string_view::npos;
         end = pem.find(end_mark)) {
        all.insert(base::trim(pem.substr(0, end)));
        pem.remove_prefix(end + end_mark.size());
    }
    return all;
}

std::string validation_text(const std::optional<ir::ClientValidation>& validation) {
    if (!validation) return "asks clients for no certificate";
    if (validation->insecure_fallback) return "takes clients with any certificate or none";
    return fmt::format("wants clients to show a certificate of authorities sha256:{:.12}",
                       base::sha256_hex(validation->ca_pem));
}

/// Nothing when both ask the same.
std::optional<diag::Code> validation_change(const std::optional<ir::ClientValidation>& before,
                                            const std::optional<ir::ClientValidation>& after) {
    if (before == after) return std::nullopt;
    if (!after) return diag::Code::DiffClientsLooser;
    if (!before || before->insecure_fallback != after->insecure_fallback) {
        return after->insecure_fallback ? diag::Code::DiffClientsLooser
                                        : diag::Code::DiffClientsStricter;
    }
    const auto old_blocks = blocks(before->ca_pem);
    const auto new_blocks = blocks(after->ca_pem);
    if (old_blocks == new_blocks) return std::nullopt;
    return std::ranges::includes(new_blocks, old_blocks) ? diag::Code::DiffClientsLooser
                                                         : diag::Code::DiffClientsStricter;
}

std::string options_text(const std::vector<std::pair<std::string, std::string>>& mine,
                         const std::vector<std::pair<std::string, std::string>>& other) {
    std::string text;
    for (const auto& option : mine) {
        if (std::ranges::find(other, option) != other.end()) continue;
        text += fmt::format("{}{} = {}",
                            text.empty() ? "" : ", ",
                            base::quote_for_message(option.first),
                            base::quote_for_message(option.second));
    }
    return text.empty() ? "has no such option" : "has option " + text;
}

class TlsEnds {
public:
    TlsEnds(const ir::Config& before,
            const ir::Config& after,
            const TwoTls& two,
            std::vector<Difference>& found)
        : before_(before), after_(after), two_(two), found_(found) {}

    void run() {
        certificates();
        if (const auto code =
                validation_change(two_.before.client_validation, two_.after.client_validation)) {
            add(*code,
                validation_text(two_.after.client_validation),
                validation_text(two_.before.client_validation));
        }
        if (two_.before.options != two_.after.options) {
            add(diag::Code::DiffTlsOptions,
                options_text(two_.after.options, two_.before.options),
                options_text(two_.before.options, two_.after.options));
        }
    }

private:
    void certificates() {
        const ir::Certificate* old_one = certificate_for(before_, two_.before, two_.host);
        const ir::Certificate* new_one = certificate_for(after_, two_.after, two_.host);
        if (old_one == nullptr && new_one == nullptr) return;
        if (old_one != nullptr && new_one != nullptr &&
            old_one->fingerprint == new_one->fingerprint)
            return;
        const auto text = [](const ir::Certificate* certificate) {
            return certificate == nullptr ? "has no certificate of its own"
                                          : "shows " + certificate_text(*certificate);
        };
        add(new_one == nullptr ? diag::Code::DiffCertificateLost
                               : diag::Code::DiffCertificateChanged,
            text(new_one),
            text(old_one));
    }

    void add(diag::Code code, std::string now, std::string was) {
        found_.push_back(two_.subject.difference(code, std::move(now), std::move(was)));
    }

    const ir::Config& before_;
    const ir::Config& after_;
    const TwoTls& two_;
    std::vector<Difference>& found_;
};

/// The names that clients may ask a TLS listener for: its own and its routes'.
void add_names(const View& view, std::size_t index, std::set<std::string>& names) {
    const ir::Listener& listener = view.config().listeners[index];
    names.insert(listener.hostname);
    for (const ir::Host& host : listener.hosts)
        names.insert(host.hostname);
}

/// And those of its certificates, so that none is lost unseen.
void add_certificate_names(const View& view, std::size_t index, std::set<std::string>& names) {
    const ir::Listener& listener = view.config().listeners[index];
    for (const std::size_t certificate : listener.tls->certificates) {
        for (const std::string& name : view.config().certificates[certificate].names) {
            if (ir::hostname_covers(listener.hostname, name)) names.insert(name);
        }
    }
}

}  // namespace

void diff_tls_ends(const ir::Config& before,
                   const ir::Config& after,
                   const TwoTls& two,
                   std::vector<Difference>& found) {
    TlsEnds(before, after, two, found).run();
}

void diff_tls(const View& before, const View& after, std::vector<Difference>& found) {
    for (const auto& [door, listeners] : before.doors()) {
        if (!door.tls || !after.doors().contains(door)) continue;
        std::set<std::string> names;
        for (const auto& [hostname, index] : listeners)
            add_names(before, index, names);
        for (const auto& [hostname, index] : listeners)
            add_certificate_names(before, index, names);
        for (const auto& [hostname, index] : after.doors().at(door))
            add_names(after, index, names);
        for (const std::string& name : names) {
            const auto old_index = before.listener(door, name);
            const auto new_index = after.listener(door, name);
            if (!old_index || !new_index) continue;
            const ir::Listener& old_listener = before.config().listeners[*old_index];
            const ir::Listener& new_listener = after.config().listeners[*new_index];
            const ir::ListenerId& source = new_listener.sources.front();
            diff_tls_ends(before.config(),
                          after.config(),
                          {.before = *old_listener.tls,
                           .after = *new_listener.tls,
                           .host = name,
                           .subject = {.text = host_text(door, name, source.port),
                                       .before = before.place(old_listener.sources.front()),
                                       .after = after.place(source)}},
                          found);
        }
    }
}

}  // namespace gatefile::analysis

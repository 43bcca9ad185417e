// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <optional>

#include "tls.hpp"

namespace gatefile::traefik {

void render_certificates(Draft& draft) {
    std::optional<std::size_t> preferred;
    std::size_t hostless = 0;
    for (const ir::Listener& listener : draft.config.listeners) {
        if (!listener.tls || !listener.hostname.empty()) continue;
        ++hostless;
        if (!listener.tls->certificates.empty()) preferred = listener.tls->certificates.front();
    }
    // Two host-less listeners have two wishes and Traefik one default certificate. Of two
    // providers' default stores it takes neither, so that what others show would be lost as well.
    const bool settled = draft.settings.default_certificate.has_value();
    const bool use_preferred = !settled && !draft.settings.shared && hostless == 1 && preferred;
    for (std::size_t i = 0; i < draft.config.certificates.size(); ++i) {
        const ir::Certificate& certificate = draft.config.certificates[i];
        draft.dynamic.certificates.push_back({.chain_pem = certificate.chain_pem,
                                              .key_pem = certificate.key_pem,
                                              .is_default = use_preferred && i == *preferred});
    }
    if (settled) {
        draft.dynamic.certificates.push_back(*draft.settings.default_certificate);
        draft.dynamic.certificates.back().is_default = true;
    }
}

}  // namespace gatefile::traefik

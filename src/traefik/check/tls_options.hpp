// SPDX-License-Identifier: Apache-2.0
//
// tls.options and certificates, as Traefik uses them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "check/elements.hpp"

namespace gatefile::traefik::check {

class TlsOptions {
public:
    explicit TlsOptions(const Context& context) : context_(context) {}

    /// Whether the options that a router names can be used; what is wrong with them is reported
    /// once.
    bool use(const Element& router, std::string_view name);
    /// Those of the name `default`, which Traefik builds whether a router uses them or not.
    bool use_default();

private:
    bool build(const std::string& name, const Element& options);

    const Context& context_;
    std::map<std::string, bool, std::less<>> built_;
};

/// tls.certificates, tls.stores and the certificates of HTTP transports; Traefik looks at those of
/// TCP only when they are used.
void check_certificates(const Context& context);

/// A file or the content itself: what there is, or nothing when it is a file that is not here.
struct FileOrContent {
    enum class Kind { Content, Missing, Elsewhere };
    Kind kind = Kind::Content;
    std::string text;
};
FileOrContent read_file_or_content(const Surroundings& around, std::string_view value);

}  // namespace gatefile::traefik::check

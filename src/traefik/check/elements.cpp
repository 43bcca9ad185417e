// SPDX-License-Identifier: Apache-2.0
#include "check/elements.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::traefik::check {
namespace {

using diag::Code;

std::string quote(std::string_view text) {
    return base::quote_for_message(text);
}

const RawField* find_field(const Raw& map, std::string_view name) {
    const auto found = std::ranges::find_if(map.fields, [&](const RawField& field) {
        return base::equals_ignoring_case(field.key, name);
    });
    return found == map.fields.end() ? nullptr : &*found;
}

class Merger {
public:
    explicit Merger(diag::Diagnostics& out) : out_(out) {}

    void take(const SourceFile& file) {
        file_ = &file.name;
        const auto protocol = [&](std::string_view name, Protocol& into) {
            section(file.root, name, "routers", into.routers);
            section(file.root, name, "services", into.services);
            section(file.root, name, "middlewares", into.middlewares);
            section(file.root, name, "serversTransports", into.transports);
        };
        protocol("http", elements.http);
        protocol("tcp", elements.tcp);
        protocol("udp", elements.udp);
        section(file.root, "tls", "options", elements.options);
        section(file.root, "tls", "stores", elements.stores);
        certificates(file.root);
    }

    Elements elements;

private:
    void section(const Raw& root, std::string_view top, std::string_view name, Table& table) {
        const RawField* outer = find_field(root, top);
        const RawField* inner = outer == nullptr ? nullptr : find_field(outer->value, name);
        if (inner == nullptr) return;
        for (const RawField& field : inner->value.fields) {
            if (field.value.shape == Shape::Null) continue;
            Element element{&field.value,
                            *file_,
                            field.key_at,
                            diag::Path() / outer->key / inner->key / field.key};
            const auto [kept, is_new] = table.emplace(field.key, element);
            if (is_new) continue;
            report(out_,
                   Code::TraefikDuplicate,
                   {element.file, element.at},
                   element.path,
                   fmt::format("{} defines it already, at line {}; Traefik skips this one",
                               quote(kept->second.file),
                               kept->second.at.line),
                   "remove one of them, or give it another name");
        }
    }

    void certificates(const Raw& root) {
        const RawField* outer = find_field(root, "tls");
        const RawField* inner =
            outer == nullptr ? nullptr : find_field(outer->value, "certificates");
        if (inner == nullptr) return;
        for (std::size_t i = 0; i < inner->value.items.size(); ++i) {
            const Raw& item = inner->value.items[i];
            if (item.shape != Shape::Map) continue;
            Element element{&item, *file_, item.at, diag::Path() / outer->key / inner->key / i};
            const bool is_new = seen_
                                    .emplace(std::string(text_of(item, "certFile")),
                                             std::string(text_of(item, "keyFile")))
                                    .second;
            if (is_new) {
                elements.certificates.push_back(std::move(element));
                continue;
            }
            report(out_,
                   Code::TraefikDuplicate,
                   {element.file, element.at},
                   element.path,
                   "the certificate is given twice; Traefik skips this one");
        }
    }

    diag::Diagnostics& out_;
    const std::string* file_ = nullptr;
    std::set<std::pair<std::string, std::string>> seen_;
};

bool is_traefiks_own(std::string_view name) {
    constexpr auto names = std::to_array<std::string_view>(
        {"api", "dashboard", "rest", "ping", "prometheus", "noop", "acme-http"});
    return std::ranges::find(names, name) != names.end();
}

}  // namespace

Elements merge(const std::vector<SourceFile>& files, diag::Diagnostics& out) {
    Merger merger(out);
    for (const SourceFile& file : files)
        merger.take(file);
    return std::move(merger.elements);
}

Place place_of(const Element& element, std::string_view field) {
    const Raw* at = element.value;
    Place place{element.file, element.at};
    for (const std::string_view name : base::split(field, '.')) {
        const RawField* found = name.empty() ? nullptr : find_field(*at, name);
        if (found == nullptr) break;
        at = &found->value;
        place.at = at->shape == Shape::Scalar ? at->at : found->key_at;
    }
    return place;
}

diag::Path path_of(const Element& element, std::string_view field) {
    diag::Path path = element.path;
    for (const std::string_view name : base::split(field, '.')) {
        if (!name.empty()) path = path / name;
    }
    return path;
}

void report_at(const Context& context,
               Code code,
               const Element& element,
               std::string_view field,
               std::string detail,
               std::string hint) {
    report(context.out,
           code,
           place_of(element, field),
           path_of(element, field),
           std::move(detail),
           std::move(hint));
}

void check_resolver(const Context& context, const Element& element, std::string_view field) {
    const std::size_t dot = field.rfind('.');
    const Raw* holder = find(*element.value, field.substr(0, dot));
    const std::string_view name = holder == nullptr ? "" : text_of(*holder, field.substr(dot + 1));
    if (name.empty()) return;
    const std::optional<StaticConfig>& config = context.around.static_config;
    if (!config || !config->cert_resolvers) {
        report_at(context,
                  Code::TraefikReferenceElsewhere,
                  element,
                  field,
                  fmt::format("the certificate resolver {} is for Traefik's static configuration "
                              "to define",
                              quote(name)),
                  "--traefik-config shows whether it does");
        return;
    }
    const std::vector<std::string>& known = *config->cert_resolvers;
    if (std::ranges::find(known, name) != known.end()) return;
    const std::string_view near =
        base::nearest(name, std::vector<std::string_view>(known.begin(), known.end()));
    report_at(context,
              Code::TraefikReference,
              element,
              field,
              fmt::format("Traefik's static configuration has no certificate resolver {}",
                          quote(name)),
              near.empty() ? "define it below certificatesResolvers"
                           : fmt::format("did you mean {}?", quote(near)));
}

Found refer(const Context& context,
            const Element& from,
            std::string_view field,
            std::string_view what,
            const Table& table,
            std::string_view name) {
    const std::size_t mark = name.find('@');
    const std::string_view provider =
        mark == std::string_view::npos ? "file" : name.substr(mark + 1);
    Found found{Where::Here, nullptr, std::string(name.substr(0, mark))};
    const auto elsewhere = [&](std::string detail) {
        report_at(context, Code::TraefikReferenceElsewhere, from, field, std::move(detail));
        found.where = Where::Elsewhere;
        return found;
    };
    if (provider == "internal" && what == "service" && is_traefiks_own(found.name)) return found;
    if (provider != "file")
        return elsewhere(fmt::format(
            "the {} {} is for the provider {} to define", what, quote(name), quote(provider)));
    if (const auto here = table.find(found.name); here != table.end()) {
        found.element = &here->second;
        return found;
    }
    if (!context.is_complete)
        return elsewhere(
            fmt::format("no file has the {} {}, but a template may make it", what, quote(name)));
    std::vector<std::string_view> names;
    for (const auto& [key, element] : table)
        names.push_back(key);
    const std::string_view near = base::nearest(found.name, names);
    report_at(context,
              Code::TraefikReference,
              from,
              field,
              fmt::format("no file defines the {} {}", what, quote(name)),
              near.empty() ? "" : fmt::format("did you mean {}?", quote(near)));
    found.where = Where::Missing;
    return found;
}

}  // namespace gatefile::traefik::check

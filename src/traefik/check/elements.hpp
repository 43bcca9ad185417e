// SPDX-License-Identifier: Apache-2.0
//
// One configuration out of all files, and the names in it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "check/raw.hpp"
#include "check/report.hpp"
#include "gatefile/traefik/check.hpp"

namespace gatefile::traefik::check {

struct SourceFile {
    std::string name;
    Raw root;
};

/// A router, service and so on; the value lives in its SourceFile.
struct Element {
    const Raw* value = nullptr;
    std::string file;
    tree::Position at;
    diag::Path path;
};

using Table = std::map<std::string, Element, std::less<>>;

struct Protocol {
    Table routers;
    Table services;
    Table middlewares;
    Table transports;
};

struct Elements {
    Protocol http;
    Protocol tcp;
    Protocol udp;
    Table options;
    Table stores;
    std::vector<Element> certificates;
};

/// Of two elements of one name Traefik keeps the one that it reads first.
Elements merge(const std::vector<SourceFile>& files, diag::Diagnostics& out);

struct Context {
    const Elements& elements;
    const Surroundings& around;
    bool is_complete = true;  ///< false when a template may define more
    diag::Diagnostics& out;
};

/// The place of a field of an element, or of the element where the field is missing.
Place place_of(const Element& element, std::string_view field);
diag::Path path_of(const Element& element, std::string_view field);

void report_at(const Context& context,
               diag::Code code,
               const Element& element,
               std::string_view field,
               std::string detail,
               std::string hint = "");

/// Whether Traefik has a certificate resolver that an element names; `field` is the name's.
void check_resolver(const Context& context, const Element& element, std::string_view field);

enum class Where { Here, Missing, Elsewhere };

struct Found {
    Where where = Where::Here;
    const Element* element = nullptr;  ///< only Here; null for one of Traefik's own
    std::string name;                  ///< without its provider
};

/// What `name` means for an element of the file provider. A name that leads nowhere is reported at
/// the referring element's field; `what` is "service" and the like.
Found refer(const Context& context,
            const Element& from,
            std::string_view field,
            std::string_view what,
            const Table& table,
            std::string_view name);

}  // namespace gatefile::traefik::check

// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/check.hpp"

#include <utility>

#include "check/decode.hpp"
#include "check/elements.hpp"
#include "check/go_template.hpp"
#include "check/routers.hpp"
#include "check/tls_options.hpp"
#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/strings.hpp"
#include "settings_tree.hpp"

namespace gatefile::traefik {
namespace {

using namespace check;
using diag::Code;

bool is_toml(std::string_view name) {
    return base::to_lower(name).ends_with(".toml");
}

/// Positions in what the template wrote become those of the file.
void map_lines(Raw& raw, const std::vector<std::uint32_t>& lines) {
    const auto map = [&](tree::Position& at) {
        if (at.line > 0 && at.line <= lines.size()) at.line = lines[at.line - 1];
    };
    map(raw.at);
    for (Raw& item : raw.items)
        map_lines(item, lines);
    for (RawField& field : raw.fields) {
        map(field.key_at);
        map_lines(field.value, lines);
    }
}

enum class Reading { Good, Runs, Bad };

/// One file up to its fields.
class Reader {
public:
    explicit Reader(diag::Diagnostics& out) : out_(out) {}

    Reading read(const DynamicFile& file) {
        return std::visit(
            base::Overloaded{[&](const TemplateText& text) { return decode(file, text); },
                             [&](const TemplateRuns& runs) {
                                 report(out_,
                                        Code::TraefikTemplateRuns,
                                        {file.name, runs.at},
                                        {},
                                        "what this file says is known only when its template runs",
                                        "--traefik-binary lets Traefik run it");
                                 return Reading::Runs;
                             },
                             [&](const TemplateFault& fault) {
                                 report(out_,
                                        Code::TraefikTemplate,
                                        {file.name, fault.at},
                                        {},
                                        fault.text,
                                        "text that is no template is written {{\"{{\"}}; comments "
                                        "are templates, too");
                                 return Reading::Bad;
                             }},
            parse_template(file.bytes));
    }

    std::vector<SourceFile> files;

private:
    Reading decode(const DynamicFile& file, const TemplateText& text) {
        RawFile raw = is_toml(file.name) ? raw_from_toml(text.text) : raw_from_yaml(text.text);
        for (RawFault& fault : raw.faults) {
            if (fault.at.line > 0 && fault.at.line <= text.lines.size())
                fault.at.line = text.lines[fault.at.line - 1];
            report(out_, Code::TraefikSyntax, {file.name, fault.at}, {}, fault.text);
        }
        if (!raw.faults.empty()) return Reading::Bad;
        map_lines(raw.root, text.lines);
        const bool is_good = check_fields(raw.root, file.name, out_);
        files.push_back({file.name, std::move(raw.root)});
        return is_good ? Reading::Good : Reading::Bad;
    }

    diag::Diagnostics& out_;
};

void check_elements(const std::vector<SourceFile>& files,
                    const Surroundings& surroundings,
                    bool is_complete,
                    diag::Diagnostics& out) {
    const Elements elements = merge(files, out);
    const Context context{elements, surroundings, is_complete, out};
    TlsOptions options(context);
    options.use_default();
    check_http_routers(context, options);
    check_tcp_routers(context, options);
    check_udp_routers(context);
    check_certificates(context);
}

}  // namespace

DynamicCheck check_dynamic(const std::vector<DynamicFile>& files,
                           const Surroundings& surroundings) {
    DynamicCheck result;
    Reader reader(result.diagnostics);
    bool is_refused = false;
    bool is_complete = true;
    for (const DynamicFile& file : files) {
        const Reading reading = reader.read(file);
        is_refused = is_refused || reading == Reading::Bad;
        is_complete = is_complete && reading != Reading::Runs;
    }
    // Where nothing is loaded, what is dangling tells nobody anything.
    if (!is_refused) check_elements(reader.files, surroundings, is_complete, result.diagnostics);
    result.diagnostics.sort();
    if (is_refused)
        result.verdict = Verdict::Refused;
    else if (!is_complete)
        result.verdict = Verdict::Unknown;
    else if (result.diagnostics.has_errors())
        result.verdict = Verdict::Faulty;
    return result;
}

std::optional<std::vector<std::string>> plugin_names(std::string_view text, bool is_toml) {
    const base::Result<Setting> root =
        is_toml ? settings_from_toml(text) : settings_from_yaml(text);
    if (!root) return std::nullopt;
    std::vector<std::string> names;
    for (const std::string_view place : {"experimental.localPlugins", "experimental.plugins"}) {
        const Setting* plugins = root->find(place);
        if (plugins == nullptr) continue;
        for (const auto& [key, plugin] : plugins->children)
            names.push_back(plugin.name);
    }
    return names;
}

std::string_view verdict_name(Verdict verdict) {
    switch (verdict) {
    case Verdict::Loads:
        return "loads";
    case Verdict::Faulty:
        return "faulty";
    case Verdict::Unknown:
        return "unknown";
    case Verdict::Refused:
        return "refused";
    }
    return "";
}

}  // namespace gatefile::traefik

// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/eject.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "exit.hpp"
#include "gatefile/analysis/roles.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/time.hpp"
#include "gatefile/diag/print.hpp"
#include "gatefile/gatefile.hpp"
#include "gatefile/probe/traefik_api.hpp"
#include "gatefile/publish/fresh.hpp"
#include "gatefile/source/cluster.hpp"
#include "input.hpp"
#include "progress.hpp"
#include "published.hpp"
#include "report.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

constexpr const char* file_name = "gateway-api.yml";

struct EjectOptions : Options {
    std::string published;
};

bool to_directory(const Options& options) {
    return !options.out.empty() && options.out != "-";
}

std::vector<std::string> heading(const std::string& origin, bool needs_inner) {
    std::vector<std::string> lines{
        "Dynamic configuration for Traefik's file provider (providers.file), made once from",
        origin + ". It is yours now: nothing changes it any more,",
        "and nothing of gatefile has to run. What it needs of the static configuration are the",
        "entry points that its routers name. They rank behind gatefile's, so that both can be in",
        "place until gatefile goes: see LEAVING in gatefile(1)."};
    if (needs_inner) {
        lines.emplace_back("Of these, the one named " +
                           std::string(traefik::inner_entry_point_name) +
                           " must be reachable from this machine only: requests with a deadline");
        lines.emplace_back(
            "over several tries, and those that ask for authorisation, come in by it a second time.");
    }
    return lines;
}

/// What answers 500, because Traefik cannot do it or because something is missing.
void add_refusals(std::vector<std::string>& lines, const diag::Diagnostics& found) {
    bool is_first = true;
    for (const diag::Diagnostic& item : found.items()) {
        const diag::CodeInfo& code = diag::info(item.code);
        if (code.severity == diag::Severity::Note) continue;
        if (std::exchange(is_first, false)) {
            lines.emplace_back("");
            lines.emplace_back("What is not, or not exactly, as the objects say:");
        }
        std::string where = item.object.text();
        if (!item.path.empty()) where += " " + item.path.text();
        lines.push_back(fmt::format("- {}: {} [{}]", where, item.detail, code.name));
    }
}

/// "in.yaml:12" of an object or a rule of it.
std::string place_of(const api::Snapshot& snapshot,
                     const diag::ObjectRef& object,
                     std::optional<std::size_t> rule) {
    const api::Meta* meta = snapshot.find_meta(object);
    if (meta == nullptr || meta->origin == api::Meta::no_origin) return {};
    diag::Diagnostic about;
    about.object = object;
    if (rule) about.path = diag::Path("spec.rules") / *rule;
    const auto at = api::position_of(snapshot.origins[meta->origin], about);
    return at ? fmt::format("{}:{}", at->source, at->line) : std::string();
}

base::Result<std::shared_ptr<const api::Snapshot>>
read(const Options& options,
     const Settings& settings,
     diag::Diagnostics& reading,
     SourceTexts& texts) {
    if (!reads_cluster(options)) return read_objects(options, reading, &texts);
    const Progress progress("reading the cluster");
    return read_clusters(
        options,
        [&settings](const api::Snapshot& snapshot) {
            return analysis::needed_by_name(snapshot, settings.build.selection);
        },
        [] {});
}

base::Result<void> write_out(const Options& options, std::string text, const KeyFiles& keys) {
    if (!to_directory(options)) {
        print(text);
        return {};
    }
    const auto rights = directory_settings(options, traefik::Format::File);
    if (!rights) return rights.error();
    if (!keys.empty()) {
        std::vector<publish::File> files;
        for (const auto& [name, key] : keys)
            files.push_back({name, std::string(key.reveal())});
        if (auto written = publish::write_fresh(
                options.keys.substr(6), files, rights->file_mode, rights->file_group);
            !written) {
            return written;
        }
    }
    return publish::write_fresh(
        options.out, {{file_name, std::move(text)}}, rights->file_mode, rights->file_group);
}

/// Whether one of the document's HTTP routers is such.
template <typename Predicate>
bool has_router(const tree::Node& dynamic, const Predicate& is_such) {
    const tree::Node* http = dynamic.find("http");
    const tree::Node* routers = http != nullptr ? http->find("routers") : nullptr;
    return routers != nullptr && routers->is_map() &&
           std::ranges::any_of(routers->entries(), [&is_such](const tree::Entry& router) {
               return is_such(router.value);
           });
}

bool uses_inner(const tree::Node& dynamic) {
    return has_router(dynamic, [](const tree::Node& router) {
        const tree::Node* points = router.find("entryPoints");
        return points != nullptr && points->is_list() &&
               std::ranges::any_of(points->items(), [](const tree::Node& point) {
                   return point.is_string() &&
                          point.as_string() == traefik::inner_entry_point_name;
               });
    });
}

/// Where two routers' options for a host have different names Traefik leaves out both, and names
/// end in the provider.
void warn_of_options(const tree::Node& dynamic) {
    const bool names_options = has_router(dynamic, [](const tree::Node& router) {
        const tree::Node* tls = router.find("tls");
        return tls != nullptr && tls->find("options") != nullptr;
    });
    if (!names_options) return;
    print_error("gatefile: warning: there are listeners with TLS options, and gatefile publishes "
                "by another provider than Traefik's file provider: while both are in place their "
                "hosts are answered 404; see LEAVING in gatefile(1)\n");
}

int eject_published(const EjectOptions& options) {
    const auto placement = key_placement(options);
    if (!placement) return fail(placement.error());
    const auto published = read_published(options.published);
    if (!published) return fail(published.error());
    const tree::Node& root = published->document.root;
    if (auto can = traefik::refuse_json_only(root); !can) return fail(can.error());
    tree::Arena arena;
    const auto placed = place_keys(root, *placement, arena);
    if (!placed) return fail(placed.error());
    if (published->format == traefik::Format::Plugin) warn_of_options(root);
    const traefik::EjectSettings settings{
        .heading = heading("what gatefile had published", uses_inner(placed->root)),
        .place = {},
        .endpoints_note = "These servers stay as they are: nothing follows the cluster."};
    const auto written =
        write_out(options, traefik::write_ejected(placed->root, settings), placed->files);
    return written ? exit_ok : fail(written.error());
}

/// Flat routers where there is no TLS. For TLS, the names in the rules of routers without parents
/// are what Traefik chooses options, and between HTTPS and passing on, by: those have to be the
/// listeners'.
base::Result<Translation> translate_plainly(const std::shared_ptr<const api::Snapshot>& snapshot,
                                            Settings settings,
                                            const diag::Diagnostics& reading) {
    settings.render.shape = traefik::Shape::Flat;
    auto translation = translate(snapshot, settings, reading);
    if (!translation) return translation;
    const auto& listeners = translation->ir.listeners;
    const bool has_tls = std::ranges::any_of(
        listeners, [](const ir::Listener& listener) { return listener.tls.has_value(); });
    if (!has_tls) return translation;
    settings.render.shape = traefik::Shape::Tree;
    return translate(snapshot, settings, reading);
}

/// What else Traefik has, where only it tells: the agent asks as well, so that what both make of
/// listeners with TLS agrees.
base::Result<void> ask_providers(const Options& options, Settings& settings) {
    traefik::StaticConfig& config = settings.static_config;
    if (options.traefik_api.empty() || !config.providers_unknown) return {};
    auto told = probe::read_providers(options.traefik_api);
    if (!told) return told.error().within("--traefik-api");
    std::erase(*told, probe::provider_name(traefik::Format::File, config));
    config.other_providers = std::move(*told);
    settings.render.shared = !config.other_providers.empty();
    return {};
}

/// Whether one of Traefik's providers besides its file provider may be how gatefile publishes.
bool publishes_elsewhere(const traefik::StaticConfig& config) {
    const std::string plugin =
        base::to_lower(probe::provider_name(traefik::Format::Plugin, config));
    return std::ranges::any_of(config.other_providers, [&plugin](const std::string& provider) {
        return provider == plugin || provider == "http" || provider == "redis" ||
               provider == "etcd" || provider == "consul";
    });
}

base::Result<Settings> eject_settings(const Options& options) {
    if (!options.to.empty() && options.to != "file") {
        return usage("--to", options.to, "what is ejected is for Traefik's file provider");
    }
    if (options.default_certificate == "own") {
        return usage("--default-certificate", "own", "a PEM file is wanted");
    }
    auto settings = translation_settings(options, DefaultFormat::File);
    if (!settings) return settings;
    settings->render.format = traefik::Format::File;
    if (auto asked = ask_providers(options, *settings); !asked) return asked.error();
    settings->render.inner_secret = random_word();
    settings->build.backends.refuse_local_endpoints = reads_cluster(options);
    auto keys = key_placement(options);
    if (!keys) return keys.error();
    settings->keys = std::move(*keys);
    return settings;
}

int eject(const EjectOptions& options) {
    if (!options.published.empty()) return eject_published(options);
    const auto settings = eject_settings(options);
    if (!settings) return fail(settings.error());
    const auto reports = report_settings(options, "brief");
    if (!reports) return fail(reports.error());
    diag::Diagnostics reading;
    SourceTexts sources;
    const auto snapshot = read(options, *settings, reading, sources);
    if (!snapshot) return fail(snapshot.error());
    auto translation = translate_plainly(*snapshot, *settings, reading);
    if (!translation) return fail(translation.error());
    const auto failing =
        write_reports(*reports, translation->diagnostics, **snapshot, sources, Stream::Error);
    if (!failing) return fail(failing.error());

    tree::Arena arena;
    const tree::Node dynamic =
        traefik::encode(translation->dynamic, traefik::Format::File, settings->keys, arena);
    traefik::EjectSettings how;
    how.heading = heading(reads_cluster(options) ? "the cluster's Gateway API objects"
                                                    : "Gateway API manifests",
                          uses_inner(dynamic));
    if (publishes_elsewhere(settings->static_config)) warn_of_options(dynamic);
    add_refusals(how.heading, translation->diagnostics);
    how.place = [&](const diag::ObjectRef& object, std::optional<std::size_t> rule) {
        return place_of(**snapshot, object, rule);
    };
    if (options.backends != "dns") {
        how.endpoints_note =
            fmt::format("As of {}: these servers stay, nothing follows the cluster.",
                        base::format_rfc3339(*settings->now));
    }
    KeyFiles keys;
    if (settings->keys.where == traefik::Keys::Files)
        keys = traefik::write(translation->dynamic, traefik::Format::File, settings->keys).keys;
    if (auto written = write_out(options, traefik::write_ejected(dynamic, how), keys); !written)
        return fail(written.error());
    return *failing ? exit_findings : exit_ok;
}

void add_options(CLI::App& command, EjectOptions& options) {
    add_input_options(command, options, From::Anywhere);
    add_access_options(command, options);
    add_context_options(command, options);
    add_traefik_options(command, options);
    add_report_options(command, options);
    command
        .add_option("--traefik-api",
                    options.traefik_api,
                    "Traefik's API, for entry points and providers that nothing else tells")
        ->type_name("URL");
    command
        .add_option(
            "--published", options.published, "A directory that gatefile published into, instead")
        ->type_name("DIR");
    command
        .add_option(
            "--watch-namespace", options.watch_namespaces, "A namespace to read; all without it")
        ->type_name("NS");
    command.add_option("-o,--out", options.out, "Directory to write into, - for standard output")
        ->type_name("DIR|-");
    command.add_option("--keys", options.keys, "Where private keys go: inline, omit or files=DIR")
        ->type_name("WHERE");
    command.add_option("--file-mode", options.file_mode, "Mode of the files")
        ->capture_default_str()
        ->type_name("MODE");
    command.add_option("--file-group", options.file_group, "Group of the files")
        ->type_name("GROUP");
}

}  // namespace

void add_eject(CLI::App& program, int& code) {
    add_command<EjectOptions>(program,
                              code,
                              "eject",
                              "Plain Traefik configuration that works without gatefile",
                              add_options,
                              eject);
}

}  // namespace gatefile::cli

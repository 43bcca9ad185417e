// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "exit.hpp"
#include "gatefile/analysis/picture.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/diag/print.hpp"
#include "gatefile/publish/directory.hpp"
#include "input.hpp"
#include "progress.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

struct GraphOptions {
    Options common;
    std::string output = "mermaid";
    std::string file = "-";
    std::string link;
    analysis::PictureFilter filter;
};

base::Result<std::string> write(const analysis::Picture& picture, const GraphOptions& options) {
    if (options.output == "mermaid") return analysis::write_mermaid(picture);
    if (options.output == "dot") return analysis::write_dot(picture);
    if (options.output == "json") return analysis::write_picture_json(picture);
    if (options.output == "html") {
        analysis::PageSettings page;
        page.link = options.link;
        return analysis::write_page(picture, page);
    }
    return usage("--output", options.output, "mermaid, dot, html or json is wanted");
}

base::Result<void> check_filter(const analysis::Picture& picture,
                                const analysis::PictureFilter& filter) {
    const auto is_it = [&](const analysis::PictureNode& node) {
        return node.kind == analysis::NodeKind::Gateway &&
               node.object.ns + "/" + node.object.name == filter.gateway;
    };
    if (!filter.gateway.empty() && std::ranges::none_of(picture.nodes, is_it))
        return usage("--gateway", filter.gateway, "NS/NAME of a Gateway that is served is wanted");
    return {};
}

int graph(const GraphOptions& options) {
    auto settings = translation_settings(options.common, DefaultFormat::AsStaticConfig);
    if (!settings) return fail(settings.error());
    settings->keys = traefik::Keys::Omit;
    diag::Diagnostics reading;
    auto snapshot = read_objects(options.common, reading);
    if (!snapshot) return fail(snapshot.error());
    const Progress progress("drawing");
    auto translation = translate(*snapshot, *settings, reading);
    if (!translation) return fail(translation.error());
    api::locate(**snapshot, reading);
    // What could not be read is nowhere in the picture.
    print_error(diag::print_text(reading));

    const analysis::Picture whole = analysis::picture(
        translation->graph, translation->diagnostics, analysis::MatchValues::Show);
    if (auto checked = check_filter(whole, options.filter); !checked) return fail(checked.error());
    const auto text = write(analysis::narrowed(whole, options.filter), options);
    if (!text) return fail(text.error());
    if (options.file == "-") {
        print(*text);
    } else if (auto written = publish::replace_file(options.file, *text); !written) {
        return fail(written.error());
    }
    return reading.has_errors() ? exit_findings : exit_ok;
}

void add_options(CLI::App& command, GraphOptions& options) {
    add_input_options(command, options.common, From::Anywhere);
    add_access_options(command, options.common);
    add_traefik_options(command, options.common);
    command.add_option("--output", options.output, "mermaid, dot, html (one page) or json")
        ->capture_default_str()
        ->type_name("FORMAT");
    command.add_option("-o,--out", options.file, "File to write, - for standard output")
        ->capture_default_str()
        ->type_name("FILE|-");
    command
        .add_option("--in-namespace",
                    options.filter.ns,
                    "Only objects of this namespace and what they are connected to")
        ->type_name("NS");
    command
        .add_option(
            "--gateway", options.filter.gateway, "Only this Gateway and what it is connected to")
        ->type_name("NS/NAME");
    command
        .add_option("--link",
                    options.link,
                    "Where the page's places lead: a URL with {file} and {line} in it")
        ->type_name("URL");
    command
        .add_option("--now", options.common.now, "The moment to judge certificates at (RFC 3339)")
        ->type_name("TIME");
}

}  // namespace

void add_graph(CLI::App& program, int& code) {
    add_command<GraphOptions>(
        program, code, "graph", "Draw what routes what, and what is wrong", add_options, graph);
}

}  // namespace gatefile::cli

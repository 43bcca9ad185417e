// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "evaluation.hpp"
#include "exit.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/diag/page.hpp"
#include "gatefile/traefik/origin.hpp"

namespace gatefile::cli {

namespace {

constexpr std::size_t losers_in_text = 20;

struct ExplainOptions : Options {
    std::vector<std::string> words;  ///< METHOD URL, or CODE
    std::vector<std::string> headers;
    std::optional<std::string> server_name;
    std::string client_certificate;
    std::string gateway;
    std::string router;
    std::string output = "text";
};

base::Result<analysis::Question> question_of(const ExplainOptions& options) {
    auto question = analysis::make_question(options.words[0], options.words[1]);
    if (!question) return question;
    for (const std::string& header : options.headers) {
        if (auto added = add_header(*question, header); !added)
            return added.error().within("--header");
    }
    if (options.server_name) {
        question->sni = *options.server_name;
        if (question->sni->empty()) question->sni.reset();
    }
    if (!options.client_certificate.empty()) {
        auto pem = read_whole_file(options.client_certificate);
        if (!pem) return pem.error().within("--client-cert");
        question->client_certificate = std::move(*pem);
    }
    if (!options.gateway.empty()) {
        const auto parts = base::split(options.gateway, '/');
        if (parts.size() != 2) return usage("--gateway", options.gateway, "NS/NAME is wanted");
        question->gateway_ns = parts[0];
        question->gateway = parts[1];
    }
    return question;
}

/// What is said is of our routers; others may take the request before them.
void note_neighbour(analysis::Explanation& found, const traefik::RenderSettings& render) {
    const std::string other = traefik::neighbour_for(
        render.neighbours, found.entry_point, ir::host_name(found.question.host));
    if (other.empty()) return;
    const bool is_ours = render.coexist == traefik::Coexist::Win &&
                         found.outcome != analysis::Outcome::NotFound;
    found.notes.push_back(
        fmt::format("{} serves this host, too; {}",
                    other,
                    is_ours ? "the answer here comes before its own (--coexist win)"
                            : "what it matches it answers, and the rest is as said here"));
}

int explain_request(const ExplainOptions& options) {
    const auto question = question_of(options);
    if (!question) return fail(question.error());
    auto evaluator = Evaluator::make(options);
    if (!evaluator) return fail(evaluator.error());
    analysis::Explanation explanation = evaluator->explain(*question);
    note_neighbour(explanation, evaluator->translation().render);
    print(options.output == "json" ? print_json(explanation)
                                   : print_text(explanation, losers_in_text));
    return exit_ok;
}

/// By which Traefik gets what gatefile writes: a directory, a store, a URL or the plugin.
bool is_provider_of_ours(std::string_view provider) {
    constexpr auto ours =
        std::to_array<std::string_view>({"file", "redis", "consul", "etcd", "zookeeper", "http"});
    return provider.starts_with("plugin-") || std::ranges::find(ours, provider) != ours.end();
}

/// How many rules a route has; nothing for other objects.
std::optional<std::size_t> count_rules(const api::Snapshot& snapshot, const diag::ObjectRef& ref) {
    std::optional<std::size_t> count;
    api::for_each_kind(snapshot, [&](std::string_view kind, const auto& objects) {
        if (kind != ref.kind) return;
        for (const auto& object : objects) {
            if (object.meta.ns != ref.ns || object.meta.name != ref.name) continue;
            if constexpr (requires { object.rules.size(); }) count = object.rules.size();
        }
    });
    return count;
}

int no_origin(std::string text) {
    print_error(text + "\n");
    return exit_findings;
}

/// A name out of an access log, a metric or the dashboard.
int explain_router(const ExplainOptions& options) {
    const std::string quoted = base::quote_for_message(options.router, 300);
    const std::size_t mark = options.router.find('@');
    const std::string name = options.router.substr(0, mark);
    if (mark != std::string::npos && !is_provider_of_ours(options.router.substr(mark + 1)))
        return no_origin(quoted + " is another provider's; gatefile's end in @file, or in @ and "
                                  "the name of its plugin or store");
    auto evaluator = Evaluator::make(options);
    if (!evaluator) return fail(evaluator.error());
    const Translation& made = evaluator->translation();
    const auto origin = traefik::origin_of(name, made.ir, made.dynamic);
    if (!origin)
        return no_origin(quoted + " belongs to no single object: it is not gatefile's, only leads "
                                  "on to other routers, or is of a route that is not among these "
                                  "objects");
    const graph::Graph& graph = evaluator->graph();
    if (graph.snapshot->find_meta(origin->object) == nullptr)
        return no_origin(fmt::format(
            "{} is of {}, which is not among these objects", quoted, origin->object.text()));
    diag::Path path;
    if (origin->rule) {
        const auto count = count_rules(*graph.snapshot, origin->object);
        if (count && *origin->rule >= *count)
            return no_origin(fmt::format("{} is of rule {} of {}, which has {} rule{} here: the "
                                         "name is of another state of the route",
                                         quoted,
                                         *origin->rule,
                                         origin->object.text(),
                                         *count,
                                         *count == 1 ? "" : "s"));
        path = diag::Path("spec.rules") / *origin->rule;
    }
    const analysis::Written written = analysis::find_written(graph, origin->object, path);
    print(options.output == "json" ? print_json(written) : text_of(written) + "\n");
    return exit_ok;
}

int explain_code(const std::string& name) {
    const auto codes = diag::all_codes();
    const auto known = std::ranges::find(codes, name, &diag::CodeInfo::name);
    if (known == codes.end()) {
        std::vector<std::string_view> names;
        for (const diag::CodeInfo& code : codes)
            names.push_back(code.name);
        const std::string_view near = base::nearest(name, names);
        print_error(
            fmt::format("gatefile: explain: {} is no diagnostic code{}; METHOD URL explains "
                        "a request\n",
                        base::quote_for_message(name),
                        near.empty() ? "" : fmt::format(", did you mean {}?", near)));
        return exit_usage;
    }
    print(diag::print_page(known->code));
    return exit_ok;
}

int explain(const ExplainOptions& options) {
    if (options.output != "text" && options.output != "json")
        return fail(usage("--output", options.output, "text or json is wanted"));
    if (!options.router.empty() && options.words.empty()) return explain_router(options);
    if (options.router.empty() && options.words.size() == 1) return explain_code(options.words[0]);
    if (options.router.empty() && options.words.size() == 2) return explain_request(options);
    return fail({base::ErrorKind::Usage,
                 "explain: METHOD URL, CODE or --router NAME is wanted, one of them"});
}

void add_options(CLI::App& command, ExplainOptions& options) {
    command.add_option("request", options.words, "The request, or a diagnostic code")
        ->type_name("METHOD URL | CODE")
        // With a least number "--" leaves them to the command; none stays possible.
        ->expected(1, 2);
    command.add_option("-H,--header", options.headers, "A header of the request")
        ->type_name("NAME:VALUE");
    command.add_option("--sni", options.server_name, "The server name, else the URL's host")
        ->type_name("NAME");
    command.add_option("--client-cert", options.client_certificate, "What the client shows, PEM")
        ->type_name("FILE");
    command.add_option("--gateway", options.gateway, "Look at this Gateway only")
        ->type_name("NS/NAME");
    command
        .add_option("--router",
                    options.router,
                    "A router, service or middleware by the name that Traefik has for it")
        ->type_name("NAME@PROVIDER");
    command.add_option("--output", options.output, "text or json")
        ->capture_default_str()
        ->type_name("text|json");
    add_evaluation_options(command, options);
}

}  // namespace

void add_explain(CLI::App& program, int& code) {
    add_command<ExplainOptions>(program,
                                code,
                                "explain",
                                "Which route takes a request and why; what a code or router is",
                                add_options,
                                explain);
}

}  // namespace gatefile::cli

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "exit.hpp"
#include "gatefile/agent/control.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/time.hpp"
#include "gatefile/publish/beside.hpp"
#include "gatefile/publish/history.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"
#include "operate.hpp"

namespace gatefile::cli {

namespace {

using tree::Node;

constexpr std::array parties{std::string_view("API server"),
                             std::string_view("gatefile"),
                             std::string_view("Traefik"),
                             std::string_view("objects")};

std::span<const Node> items_of(const Node& node, std::string_view key) {
    const Node* found = node.find(key);
    return found != nullptr && found->is_list() ? found->items() : std::span<const Node>();
}

std::string indented(std::string_view text, std::string_view indent) {
    std::string out;
    while (text.ends_with('\n'))
        text.remove_suffix(1);
    const std::string clean = for_terminal(text);
    for (const std::string_view line : base::split(clean, '\n'))
        out += fmt::format("{}{}\n", indent, line);
    return out;
}

/// ` (cluster "b", weight 2)`
std::string named_cluster(const Node& node) {
    return fmt::format(" (cluster {}, weight {})",
                       base::quote_for_message(text_of(node, "cluster")),
                       number_of(node, "weight"));
}

/// One that a kubeconfig has still to tell is not known.
std::string server_of(const Node& node) {
    const std::string_view server = text_of(node, "server");
    return server.empty() ? "address not known yet" : for_terminal(server);
}

std::string describe_source(const Node& root) {
    const Node* source = root.find("source");
    if (source == nullptr || text_of(*source, "kind") == "files")
        return "none: manifests are followed";
    const std::string_view cluster = text_of(*source, "cluster");
    return fmt::format("{}{}, {} kinds followed",
                       server_of(*source),
                       cluster.empty() ? "" : named_cluster(*source),
                       number_of(*source, "followed"));
}

/// The clusters beside the home, a line for each.
std::string print_members(const Node& root) {
    const Node* source = root.find("source");
    std::string out;
    if (source == nullptr) return out;
    for (const Node& member : items_of(*source, "members")) {
        out += fmt::format("{:<18} {}{}, {}\n",
                           "",
                           server_of(member),
                           named_cluster(member),
                           is_true(member, "kept") ? "not read yet, served as it last was"
                           : !is_true(member, "read")      ? "never read"
                           : !is_true(member, "reachable") ? "unreachable, served as it was"
                                                           : "Services and endpoints followed");
    }
    return out;
}

std::string describe_generation(const Node& root) {
    const Node* generation = root.find("generation");
    if (generation == nullptr || generation->is_null()) return "nothing is published";
    std::string text = "generation ";
    if (const std::int64_t number = number_of(*generation, "number"); number > 0)
        text += fmt::format("{} ", number);
    text += fmt::format("({}), {} rules",
                        for_terminal(text_of(*generation, "id")),
                        number_of(*generation, "rules"));
    const std::string_view at = text_of(*generation, "at");
    if (!at.empty()) text += fmt::format(", published {} ({})", for_terminal(at), ago(at));
    return text;
}

std::string describe_traefik(const Node& root) {
    const Node* traefik = root.find("traefik");
    const std::string_view serves = traefik == nullptr ? "" : text_of(*traefik, "serves");
    if (serves == "yes") return "serves that generation";
    if (serves == "no") return "does not serve that generation";
    if (serves == "soon") return "has not loaded that generation yet";
    if (serves == "nothing") return "has nothing to serve yet";
    return "what it serves is not known";
}

std::string describe(std::string_view party, const Node& root) {
    if (party == "API server") return describe_source(root);
    if (party == "gatefile") return describe_generation(root);
    if (party == "Traefik") return describe_traefik(root);
    return fmt::format("{} errors", number_of(root, "objectErrors"));
}

std::string print_parties(const Node& root) {
    std::string out;
    for (const std::string_view party : parties) {
        std::size_t wrong = 0;
        std::size_t known = 0;
        for (const Node& problem : items_of(root, "problems")) {
            if (text_of(problem, "who") != party) continue;
            ++(is_true(problem, "wrong") ? wrong : known);
        }
        const std::string_view verdict = wrong > 0 ? "FAULT" : known > 0 ? "note" : "ok";
        out += fmt::format("{:<11} {:<6} {}\n", party, verdict, describe(party, root));
        if (party == "API server") out += print_members(root);
    }
    return out;
}

std::string print_problems(const Node& root) {
    std::string out;
    for (const Node& problem : items_of(root, "problems")) {
        const std::string_view subject = text_of(problem, "subject");
        out += fmt::format("\n{} [{}]",
                           for_terminal(text_of(problem, "who")),
                           for_terminal(text_of(problem, "code")));
        if (!subject.empty()) out += " " + for_terminal(subject);
        if (const std::string_view since = text_of(problem, "since"); !since.empty())
            out += fmt::format(", since {} ({})", for_terminal(since), ago(since));
        out += "\n" + indented(text_of(problem, "what"), "    ");
        const std::string_view cure = text_of(problem, "cure");
        if (!cure.empty()) out += "    cure:\n" + indented(cure, "        ");
    }
    const auto shown = std::ranges::count_if(items_of(root, "problems"), [](const Node& problem) {
        return text_of(problem, "who") == "objects" &&
               !text_of(problem, "code").starts_with("certificate-expir");
    });
    if (const std::int64_t all = number_of(root, "objectErrors"); all > shown)
        out += fmt::format("\nand {} more errors in objects; the log has all\n", all - shown);
    return out;
}

/// Why it is not served, where the Gateway's own message does not say it, and who else has its
/// hosts.
std::string print_listener(const Node& listener, std::string_view of_gateway) {
    const bool programmed = is_true(listener, "programmed");
    const Node* shared = listener.find("shared");
    std::string out = fmt::format("    listener {}: {}, {} routes{}\n",
                                  for_terminal(text_of(listener, "name")),
                                  programmed ? "programmed" : "not programmed",
                                  number_of(listener, "attachedRoutes"),
                                  shared == nullptr ? "" : "; shared with other providers");
    const std::string_view message = text_of(listener, "message");
    if (!programmed && message != of_gateway) out += indented(message, "        ");
    if (shared != nullptr) out += indented(text_of(*shared, "message"), "        ");
    return out;
}

std::string print_gateways(const Node& root) {
    std::string out;
    for (const Node& gateway : items_of(root, "gateways")) {
        const bool programmed = is_true(gateway, "programmed");
        out += fmt::format("\n{} {}/{}: {}; {} routes accepted, {} refused\n",
                           for_terminal(text_of(gateway, "kind")),
                           for_terminal(text_of(gateway, "namespace")),
                           for_terminal(text_of(gateway, "name")),
                           programmed ? "programmed" : "not programmed",
                           number_of(gateway, "acceptedRoutes"),
                           number_of(gateway, "refusedRoutes"));
        if (!programmed) out += indented(text_of(gateway, "message"), "    ");
        for (const Node& listener : items_of(gateway, "listeners"))
            out += print_listener(listener, text_of(gateway, "message"));
    }
    return out;
}

/// What can be told without an agent.
struct Left {
    std::optional<publish::Generation> current;
    bool locked = false;
    std::string unknown;  ///< why nothing can be told
};

Left look_at(const std::string& directory) {
    Left left;
    if (directory.empty()) return left;
    const auto kept = publish::list_generations(directory);
    const auto locked = publish::is_locked(directory);
    if (!kept || !locked) {
        left.unknown = as_another_user(!kept ? kept.error() : locked.error()).text;
        return left;
    }
    if (const auto* current = publish::current_generation(directory, *kept))
        left.current = *current;
    left.locked = *locked;
    return left;
}

/// What to do about an agent that does not answer; empty: nothing is known of its directory.
std::string cure_of(const OperateOptions& options, const Left& left) {
    if (!left.unknown.empty()) return left.unknown;
    if (options.out.empty()) return {};
    return left.locked ? "an agent has the directory: it hangs, or its socket is elsewhere "
                         "(--control)"
                       : "no agent has the directory: start it again";
}

int report_absence(const OperateOptions& options, const base::Error& error) {
    const Left left = look_at(options.out);
    const std::string cure = cure_of(options, left);
    if (options.report == "json") {
        tree::Arena arena;
        const auto text = [&](std::string_view value) { return Node::string(arena.copy(value)); };
        std::vector<tree::Entry> entries{
            {"ok", {}, Node::boolean(false)},
            {"error", {}, text(base::is_utf8(error.text) ? error.text : "no agent answers")}};
        if (!cure.empty() && base::is_utf8(cure)) entries.push_back({"cure", {}, text(cure)});
        if (left.current) {
            const std::vector<tree::Entry> generation{
                {"number", {}, Node::integer(static_cast<std::int64_t>(left.current->number))},
                {"id", {}, text(left.current->id.substr(0, 12))},
                {"at", {}, text(base::format_rfc3339(left.current->at))},
                {"rules", {}, Node::integer(static_cast<std::int64_t>(left.current->weight))}};
            entries.push_back({"generation", {}, Node::map(arena.copy(generation))});
        }
        print(tree::write_json(Node::map(arena.copy(entries)), tree::JsonStyle::Compact));
        return exit_environment;
    }
    print(fmt::format("gatefile    FAULT  {}\n", for_terminal(error.text)));
    if (!cure.empty()) print(fmt::format("    {}\n", for_terminal(cure)));
    if (left.current) {
        const std::string at = base::format_rfc3339(left.current->at);
        print(
            fmt::format("    the directory holds generation {} ({}), {} rules, published {} ({}); "
                        "Traefik serves it on\n",
                        left.current->number,
                        left.current->id.substr(0, 12),
                        left.current->weight,
                        at,
                        ago(at)));
    }
    return exit_environment;
}

int status(const OperateOptions& options) {
    if (auto checked = check_operate_report(options); !checked) return fail(checked.error());
    const auto socket = control_path(options);
    if (!socket) return fail(socket.error());
    const auto answer = agent::ask_agent(*socket, "GET", "/v1/status");
    if (!answer) return report_absence(options, answer.error());
    const auto document = tree::read_json(answer->body);
    if (answer->status != 200 || !document) {
        return report_absence(
            options,
            {base::ErrorKind::Network, fmt::format("the agent answers {}", answer->status)});
    }
    const Node& root = document->root;
    if (options.report == "json") {
        print(tree::write_json(root, tree::JsonStyle::Indented));
    } else {
        print(print_parties(root) + print_problems(root) + print_gateways(root));
    }
    return is_true(root, "ok") ? exit_ok : exit_findings;
}

void add_options(CLI::App& app, OperateOptions& options) {
    add_operate_options(app, options);
    add_operate_report(app, options);
}

}  // namespace

void add_status(CLI::App& program, int& code) {
    add_command<OperateOptions>(program,
                                code,
                                "status",
                                "Say what is wrong: the API server, gatefile, or Traefik",
                                add_options,
                                status);
}

}  // namespace gatefile::cli

// SPDX-License-Identifier: Apache-2.0
//
// Mermaid and DOT. Problems but notes are nodes of their own there, beside what they are about.
#include <fmt/format.h>

#include "words.hpp"

namespace gatefile::analysis {

namespace {

std::string label_of(const PictureNode& node) {
    std::string text = node.kind == NodeKind::Rule || node.kind == NodeKind::Endpoint
                           ? node.title
                           : fmt::format("{}/{}", node.object.ns, node.title);
    if (node.kind == NodeKind::Route || node.kind == NodeKind::Grant)
        text = node.object.kind + " " + text;
    if (node.kind == NodeKind::Backend && node.object.kind != "Service")
        text = node.object.kind + " " + text;
    if (node.kind == NodeKind::Listener) text = "listener " + node.title;
    return node.subtitle.empty() ? text : text + " - " + node.subtitle;
}

/// Anything that Mermaid could take for syntax, HTML or Markdown as a numeric entity.
std::string for_mermaid(std::string_view text) {
    constexpr std::string_view plain = " ./:_-*,=";
    std::string out;
    for (const char c : as_utf8(text)) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                               (c >= '0' && c <= '9') || byte >= 0x80;
        if (is_letter || plain.find(c) != std::string_view::npos) {
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += ' ';
        } else {
            out += fmt::format("#{};", byte);
        }
    }
    return out;
}

/// Graphviz expands backslashes and HTML entities in labels.
std::string for_dot(std::string_view text) {
    std::string out;
    for (const char c : as_utf8(text)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            out += ' ';
        } else if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '&') {
            out += "&amp;";
        } else {
            out += c;
        }
    }
    return out;
}

/// `write(node, problem, first)` for each problem but notes; `first`: not seen at another node.
template <typename Write>
void for_each_problem(const Picture& picture, const Write& write) {
    std::vector<bool> seen(picture.problems.size(), false);
    for (std::size_t node = 0; node < picture.nodes.size(); ++node) {
        for (const std::size_t problem : picture.nodes[node].problems) {
            if (picture.problems[problem].severity == diag::Severity::Note) continue;
            write(node, problem, !seen[problem]);
            seen[problem] = true;
        }
    }
}

/// Problems but notes of what has no node: objects that were refused, above all.
std::vector<std::size_t> homeless(const Picture& picture) {
    std::vector<bool> has_home(picture.problems.size(), false);
    for (const PictureNode& node : picture.nodes) {
        for (const std::size_t problem : node.problems)
            has_home[problem] = true;
    }
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < has_home.size(); ++i) {
        if (!has_home[i] && picture.problems[i].severity != diag::Severity::Note)
            found.push_back(i);
    }
    return found;
}

enum class Home : std::uint8_t { Node, None };

/// Where it is at no node it has to say whose it is.
std::string problem_label(const PictureProblem& problem, Home home) {
    std::string text = fmt::format("{}: {}", problem.code, problem.message);
    if (home == Home::None && !problem.object.kind.empty())
        text = problem.object.text() + " - " + text;
    if (problem.at) text += fmt::format(" ({}:{})", problem.at->source, problem.at->line);
    return text;
}

}  // namespace

std::string write_mermaid(const Picture& picture) {
    std::string out = "flowchart LR\n"
                      "    classDef failing stroke:#c62828,stroke-width:2px\n"
                      "    classDef warned stroke:#b26a00,stroke-width:2px\n"
                      "    classDef problem fill:#fdecea,stroke:#c62828,color:#7f1d1d\n";
    for (std::size_t i = 0; i < picture.nodes.size(); ++i) {
        const PictureNode& node = picture.nodes[i];
        out += fmt::format("    n{}[\"{}\"]", i, for_mermaid(label_of(node)));
        if (node.state != NodeState::Good) out += fmt::format(":::{}", name_of(node.state));
        out += '\n';
    }
    for (const PictureEdge& edge : picture.edges) {
        const std::string label =
            edge.label.empty() ? "" : fmt::format("|\"{}\"|", for_mermaid(edge.label));
        out += fmt::format(
            "    n{} {}{} n{}\n", edge.from, edge.broken ? "-.-x" : "-->", label, edge.to);
    }
    for_each_problem(picture, [&](std::size_t node, std::size_t problem, bool first) {
        if (first) {
            out += fmt::format("    p{}>\"{}\"]:::problem\n",
                               problem,
                               for_mermaid(problem_label(picture.problems[problem], Home::Node)));
        }
        out += fmt::format("    n{} -.- p{}\n", node, problem);
    });
    for (const std::size_t problem : homeless(picture)) {
        out += fmt::format("    p{}>\"{}\"]:::problem\n",
                           problem,
                           for_mermaid(problem_label(picture.problems[problem], Home::None)));
    }
    return out;
}

std::string write_dot(const Picture& picture) {
    std::string out = "digraph gatefile {\n"
                      "    rankdir=LR;\n"
                      "    node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
                      "    edge [fontname=\"sans-serif\", fontsize=10];\n";
    const auto colour = [](NodeState state) {
        return state == NodeState::Failing ? "#c62828" : "#b26a00";
    };
    for (std::size_t i = 0; i < picture.nodes.size(); ++i) {
        const PictureNode& node = picture.nodes[i];
        out += fmt::format("    n{} [label=\"{}\"", i, for_dot(label_of(node)));
        if (node.state != NodeState::Good)
            out += fmt::format(", color=\"{}\", penwidth=2", colour(node.state));
        out += "];\n";
    }
    for (const PictureEdge& edge : picture.edges) {
        out += fmt::format("    n{} -> n{} [label=\"{}\"", edge.from, edge.to, for_dot(edge.label));
        if (edge.broken) out += ", color=\"#c62828\", style=dashed";
        out += "];\n";
    }
    const auto write_problem = [&](std::size_t problem, Home home) {
        out += fmt::format("    p{} [label=\"{}\", shape=note, style=\"\", color=\"#c62828\", "
                           "fontcolor=\"#c62828\"];\n",
                           problem,
                           for_dot(problem_label(picture.problems[problem], home)));
    };
    for_each_problem(picture, [&](std::size_t node, std::size_t problem, bool first) {
        if (first) write_problem(problem, Home::Node);
        out += fmt::format(
            "    n{} -> p{} [style=dotted, arrowhead=none, color=\"#c62828\"];\n", node, problem);
    });
    for (const std::size_t problem : homeless(picture))
        write_problem(problem, Home::None);
    return out + "}\n";
}

}  // namespace gatefile::analysis

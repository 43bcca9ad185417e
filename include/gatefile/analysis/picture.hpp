// SPDX-License-Identifier: Apache-2.0
//
// What routes what, as nodes and edges to draw: Gateways, their listeners, routes, rules, backends,
// endpoints and grants, with what is wrong at each. Texts are as the manifests have them: each
// printer escapes them for its own form. Holds no keys, and no values that requests are matched by
// unless they are asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/graph/graph.hpp"

namespace gatefile::analysis {

/// In the order of the columns that they are drawn in.
enum class NodeKind : std::uint8_t { Gateway, Listener, Route, Rule, Backend, Endpoint, Grant };

/// Served as written; in part, or with a warning; not at all.
enum class NodeState : std::uint8_t { Good, Warned, Failing };

struct PictureFact {
    std::string label;
    std::string value;
};

struct PictureNode {
    std::string id;  ///< unique and stable: "rule:HTTPRoute/shop/web/0"
    NodeKind kind{};
    diag::ObjectRef object;  ///< that it is, or is a part of; of an endpoint its Service
    std::string title;
    std::string subtitle;
    std::vector<PictureFact> facts;
    NodeState state = NodeState::Good;
    std::optional<diag::SourcePosition> at;  ///< nothing without a source text
    std::vector<std::size_t> problems;       ///< in Picture::problems
};

struct PictureEdge {
    std::size_t from = 0;  ///< in Picture::nodes
    std::size_t to = 0;
    std::string label;    ///< "60%", "mirror"; may be empty
    bool broken = false;  ///< nothing gets through
};

struct PictureProblem {
    std::string code;  ///< "backend-not-found"
    diag::Severity severity{};
    diag::ObjectRef object;
    std::string path;
    std::string message;
    std::string hint;
    std::optional<diag::SourcePosition> at;
};

struct Picture {
    std::vector<PictureNode> nodes;  ///< by kind, then as the Graph has them
    std::vector<PictureEdge> edges;  ///< by `from`, then `to`
    std::vector<PictureProblem> problems;
};

/// Whether the values of header and query matches are shown: they may be credentials.
enum class MatchValues : std::uint8_t { Show, Hide };

/// `diagnostics` must have been located and sorted.
Picture
picture(const graph::Graph& graph, const diag::Diagnostics& diagnostics, MatchValues values);

/// Adds a problem of an object, at each node of it.
void add_problem(Picture& picture, PictureProblem problem);

/// What is to be kept, with all that leads there and all that it leads to; empty: everything.
struct PictureFilter {
    std::string ns;       ///< objects of this namespace
    std::string gateway;  ///< "ns/name"
};
Picture narrowed(const Picture& picture, const PictureFilter& filter);

std::string_view name_of(NodeKind kind);    ///< "gateway"
std::string_view name_of(NodeState state);  ///< "good", "warned", "failing"

std::string write_mermaid(const Picture& picture);
std::string write_dot(const Picture& picture);
/// {"nodes": [...], "edges": [...], "problems": [...]}, with `extra` (members of a JSON object, may
/// be empty) in front of them.
std::string write_picture_json(const Picture& picture, std::string_view extra = {});

struct PageSettings {
    std::string title = "gatefile";
    /// Where a place in a file leads, with {file} and {line}; empty: to the file itself.
    std::string link;
};
/// One page with everything in it.
std::string write_page(const Picture& picture, const PageSettings& settings);
/// The same without data, which it gets from /graph.json every few seconds.
std::string write_live_page();
/// The Content-Security-Policy of these pages, for a header; the page has it in itself, too.
std::string page_policy(bool live);

}  // namespace gatefile::analysis

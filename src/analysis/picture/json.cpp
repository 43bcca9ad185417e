// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "gatefile/tree/write.hpp"
#include "words.hpp"

namespace gatefile::analysis {

namespace {

class Encoder {
public:
    explicit Encoder(tree::Arena& arena) : arena_(arena) {}

    tree::Node encode(const Picture& picture) {
        Fields fields;
        put_list(fields, "nodes", picture.nodes);
        std::vector<tree::Node> edges;
        edges.reserve(picture.edges.size());
        for (const PictureEdge& edge : picture.edges)
            edges.push_back(encode(edge, picture));
        fields.push_back({"edges", {}, tree::Node::list(arena_.copy(edges))});
        put_list(fields, "problems", picture.problems);
        return map(fields);
    }

private:
    using Fields = std::vector<tree::Entry>;

    tree::Node text(std::string_view value) {
        return tree::Node::string(arena_.copy(as_utf8(value)));
    }
    static tree::Node number(std::size_t value) {
        return tree::Node::integer(static_cast<std::int64_t>(value));
    }
    tree::Node map(const Fields& fields) { return tree::Node::map(arena_.copy(fields)); }

    void put(Fields& fields, std::string_view key, std::string_view value) {
        if (!value.empty()) fields.push_back({key, {}, text(value)});
    }
    template <typename Item>
    void put_list(Fields& fields, std::string_view key, const std::vector<Item>& items) {
        std::vector<tree::Node> nodes;
        nodes.reserve(items.size());
        for (const Item& item : items)
            nodes.push_back(encode(item));
        fields.push_back({key, {}, tree::Node::list(arena_.copy(nodes))});
    }
    void put_place(Fields& fields, const std::optional<diag::SourcePosition>& at) {
        if (!at) return;
        put(fields, "source", at->source);
        if (at->line != 0) fields.push_back({"line", {}, number(at->line)});
    }
    void put_object(Fields& fields, const diag::ObjectRef& object) {
        put(fields, "objectKind", object.kind);
        put(fields, "namespace", object.ns);
        put(fields, "name", object.name);
    }

    static tree::Node encode(std::size_t value) { return number(value); }

    tree::Node encode(const PictureFact& fact) {
        const tree::Node pair[] = {text(fact.label), text(fact.value)};
        return tree::Node::list(arena_.copy(std::span<const tree::Node>(pair)));
    }

    tree::Node encode(const PictureNode& node) {
        Fields fields;
        put(fields, "id", node.id);
        put(fields, "kind", name_of(node.kind));
        put(fields, "state", name_of(node.state));
        put_object(fields, node.object);
        put(fields, "title", node.title);
        put(fields, "subtitle", node.subtitle);
        if (!node.facts.empty()) put_list(fields, "facts", node.facts);
        put_place(fields, node.at);
        if (!node.problems.empty()) put_list(fields, "problems", node.problems);
        return map(fields);
    }

    tree::Node encode(const PictureEdge& edge, const Picture& picture) {
        Fields fields;
        put(fields, "from", picture.nodes[edge.from].id);
        put(fields, "to", picture.nodes[edge.to].id);
        put(fields, "label", edge.label);
        if (edge.broken) fields.push_back({"broken", {}, tree::Node::boolean(true)});
        return map(fields);
    }

    tree::Node encode(const PictureProblem& problem) {
        Fields fields;
        put(fields, "code", problem.code);
        put(fields, "severity", diag::severity_name(problem.severity));
        put_object(fields, problem.object);
        put(fields, "path", problem.path);
        put(fields, "message", problem.message);
        put(fields, "hint", problem.hint);
        put_place(fields, problem.at);
        return map(fields);
    }

    tree::Arena& arena_;
};

}  // namespace

std::string write_picture_json(const Picture& picture, std::string_view extra) {
    tree::Arena arena;
    const auto style = extra.empty() ? tree::JsonStyle::Indented : tree::JsonStyle::Compact;
    std::string text = tree::write_json(Encoder(arena).encode(picture), style);
    if (!extra.empty()) text.insert(1, std::string(extra) + ",");
    return text;
}

}  // namespace gatefile::analysis

// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "gatefile/analysis/picture.hpp"

namespace gatefile::analysis {

namespace {

using Marks = std::vector<bool>;
using Neighbours = std::vector<std::vector<std::size_t>>;

void mark_from(const Marks& seeds, const Neighbours& next, Marks& reached) {
    Marks seen(seeds.size(), false);
    std::vector<std::size_t> queue;
    for (std::size_t node = 0; node < seeds.size(); ++node) {
        if (seeds[node]) queue.push_back(node);
    }
    while (!queue.empty()) {
        const std::size_t node = queue.back();
        queue.pop_back();
        if (seen[node]) continue;
        seen[node] = true;
        reached[node] = true;
        queue.insert(queue.end(), next[node].begin(), next[node].end());
    }
}

/// What leads to a node that `is_seed`, and what such a node leads to.
template <typename IsSeed>
Marks connected(const Picture& picture, const IsSeed& is_seed) {
    const std::size_t count = picture.nodes.size();
    Neighbours above(count);
    Neighbours below(count);
    for (const PictureEdge& edge : picture.edges) {
        below[edge.from].push_back(edge.to);
        above[edge.to].push_back(edge.from);
    }
    Marks seeds(count, false);
    for (std::size_t node = 0; node < count; ++node)
        seeds[node] = is_seed(picture.nodes[node]);
    Marks reached(count, false);
    mark_from(seeds, above, reached);
    mark_from(seeds, below, reached);
    // A grant is above what it permits, and no Gateway leads to it.
    for (const PictureEdge& edge : picture.edges) {
        if (picture.nodes[edge.from].kind == NodeKind::Grant && reached[edge.to])
            reached[edge.from] = true;
    }
    return reached;
}

Picture only(const Picture& picture, const Marks& kept) {
    Picture out;
    std::vector<std::size_t> place_of(kept.size(), 0);
    std::map<std::size_t, std::size_t> problem_of;
    for (std::size_t node = 0; node < kept.size(); ++node) {
        if (!kept[node]) continue;
        place_of[node] = out.nodes.size();
        out.nodes.push_back(picture.nodes[node]);
        for (const std::size_t problem : picture.nodes[node].problems)
            problem_of.emplace(problem, 0);
    }
    for (auto& [problem, place] : problem_of) {
        place = out.problems.size();
        out.problems.push_back(picture.problems[problem]);
    }
    for (PictureNode& node : out.nodes) {
        for (std::size_t& problem : node.problems)
            problem = problem_of[problem];
    }
    for (const PictureEdge& edge : picture.edges) {
        if (kept[edge.from] && kept[edge.to])
            out.edges.push_back({place_of[edge.from], place_of[edge.to], edge.label, edge.broken});
    }
    return out;
}

}  // namespace

Picture narrowed(const Picture& picture, const PictureFilter& filter) {
    if (filter.ns.empty() && filter.gateway.empty()) return picture;
    Marks kept = connected(picture, [&](const PictureNode& node) {
        return filter.ns.empty() || node.object.ns == filter.ns;
    });
    const Marks of_gateway = connected(picture, [&](const PictureNode& node) {
        const bool is_it = node.kind == NodeKind::Gateway &&
                           node.object.ns + "/" + node.object.name == filter.gateway;
        return filter.gateway.empty() || is_it;
    });
    for (std::size_t node = 0; node < kept.size(); ++node)
        kept[node] = kept[node] && of_gateway[node];
    return only(picture, kept);
}

}  // namespace gatefile::analysis

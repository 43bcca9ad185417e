// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

constexpr std::string_view prefix = "cluster:";
/// What the cluster is called that no context names.
constexpr std::string_view unnamed = "home";
/// Beyond it the retries between clusters would not make up for a cluster that is gone.
constexpr std::int64_t most_weight = 100;

base::Result<ClusterChoice> read_choice(const Options& options, const std::string& text) {
    ClusterChoice choice{.access = access_settings(options)};
    if (text == "cluster") {
        choice.name = options.context.empty() ? std::string(unnamed) : options.context;
        return choice;
    }
    if (!text.starts_with(prefix) || text.size() == prefix.size()) {
        return usage("--from", text, "files, cluster or cluster:CONTEXT is wanted");
    }
    choice.name = text.substr(prefix.size());
    choice.access.context = choice.name;
    return choice;
}

base::Result<void> add_weight(const std::string& text, std::vector<ClusterChoice>& clusters) {
    // Names of contexts may have an equals sign in them.
    const std::size_t equals = text.rfind('=');
    const std::string name = equals == std::string::npos ? text : text.substr(0, equals);
    const auto weight = equals == std::string::npos
                            ? std::nullopt
                            : base::parse_int(std::string_view(text).substr(equals + 1));
    if (!weight || *weight < 0 || *weight > most_weight) {
        return usage(
            "--cluster-weight",
            text,
            fmt::format("CONTEXT=WEIGHT is wanted, with a weight of 0 to {}", most_weight));
    }
    const auto found = std::ranges::find(clusters, name, &ClusterChoice::name);
    if (found == clusters.end()) {
        return usage("--cluster-weight", text, "a context that --from names is wanted");
    }
    found->weight = static_cast<int>(*weight);
    return {};
}

/// What goes for several clusters only, or does not go for several.
base::Result<void> check_together(const Options& options,
                                  const std::vector<ClusterChoice>& clusters) {
    for (auto one = clusters.begin(); one != clusters.end(); ++one) {
        if (std::find_if(clusters.begin(), one, [&](const ClusterChoice& other) {
                return other.name == one->name;
            }) != one) {
            return usage("--from", one->name, "each cluster is named once");
        }
    }
    const bool takes_context = std::ranges::count(options.from, "cluster") > 0;
    if (!options.context.empty() && !takes_context) {
        return usage("--context", options.context, "--from names the contexts");
    }
    // Virtual addresses and names of one cluster are somebody else's in another.
    const bool leads_astray = options.backends == "dns" || options.backends == "nodeport" ||
                              options.backends == "clusterip";
    if (clusters.size() > 1 && leads_astray) {
        return usage("--backends",
                     options.backends,
                     "auto, endpoints or loadbalancer is wanted with several clusters");
    }
    // Alone, a cluster has the weight that it begins with.
    const auto is_idle = [](const ClusterChoice& cluster) { return cluster.weight == 0; };
    if (std::ranges::all_of(clusters, is_idle)) {
        return usage("--cluster-weight",
                     options.cluster_weights.back(),
                     "one cluster at least has to have a weight");
    }
    return {};
}

}  // namespace

bool reads_cluster(const Options& options) {
    return !options.from.empty() && options.from.front() != "files";
}

namespace {

base::Result<std::vector<ClusterChoice>> named_clusters(const Options& options) {
    std::vector<ClusterChoice> clusters;
    const bool is_files = !reads_cluster(options) && options.from.size() <= 1;
    if (is_files) return clusters;
    for (const std::string& text : options.from) {
        auto choice = read_choice(options, text);
        if (!choice) return choice.error();
        choice->access.is_beside_others = options.from.size() > 1;
        clusters.push_back(std::move(*choice));
    }
    return clusters;
}

}  // namespace

base::Result<std::vector<ClusterChoice>> chosen_clusters(const Options& options) {
    auto clusters = named_clusters(options);
    if (!clusters) return clusters.error();
    if (clusters->empty()) return clusters;
    // Those of an agent's configuration file say nothing where one cluster is read.
    const bool has_shares = clusters->size() > 1;
    for (const std::string& text : options.cluster_weights) {
        if (!has_shares) break;
        if (auto added = add_weight(text, *clusters); !added) return added.error();
    }
    if (auto checked = check_together(options, *clusters); !checked) return checked.error();
    if (clusters->size() == 1) clusters->front().name.clear();
    return clusters;
}

base::Result<source::AccessSettings> chosen_home(const Options& options) {
    auto clusters = chosen_clusters(options);
    if (!clusters) return clusters.error();
    return std::move(clusters->front().access);
}

base::Result<source::AccessSettings> chosen_cluster(const Options& options, std::string_view what) {
    auto clusters = chosen_home(options);
    if (!clusters || options.from.size() == 1) return clusters;
    return base::Error{base::ErrorKind::Usage,
                       fmt::format("{} is for one cluster at a time", what)};
}

}  // namespace gatefile::cli

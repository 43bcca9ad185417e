// SPDX-License-Identifier: Apache-2.0
#include "problems.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gatefile/analysis/roles.hpp"
#include "gatefile/base/strings.hpp"
#include "member_feed.hpp"

namespace gatefile::agent {

std::string role_that_cures(const std::optional<source::Action>& denied) {
    if (!denied) return {};
    return analysis::role_for(
        denied->verb, denied->group, denied->resource, denied->ns, denied->name);
}

std::string role_that_cures(const source::ApiAnswer& answer, const source::Action& action) {
    constexpr long forbidden = 403;
    return answer.status == forbidden ? role_that_cures(action) : std::string();
}

namespace {

/// What every release of the Gateway API installs: the others may be missing on purpose.
constexpr std::array needed_kinds{std::string_view("GatewayClass"),
                                  std::string_view("Gateway"),
                                  std::string_view("HTTPRoute"),
                                  std::string_view("ReferenceGrant")};
constexpr std::int64_t day = 86'400;
constexpr std::int64_t soon = 14 * day;

/// What helps against an error of the file system, by the words that it comes in.
std::string cure_of_failure(std::string_view text, const std::string& directory) {
    const auto has = [&](std::string_view word) {
        return text.find(word) != std::string_view::npos;
    };
    if (has("No space left"))
        return fmt::format("free space on the file system of {}; it is tried again by itself",
                           directory);
    if (has("Read-only file system"))
        return fmt::format("mount the file system of {} writable; it is tried again by itself",
                           directory);
    if (has("Permission denied") || has("Operation not permitted"))
        return fmt::format(
            "let the agent's user write in {} and {}/.gatefile; it is tried again by "
            "itself",
            directory,
            directory);
    if (has("was not written by gatefile"))
        return "move that file away; it is tried again by itself";
    return "it is tried again by itself; the log has each attempt";
}

class Finder {
public:
    explicit Finder(const Situation& situation) : situation_(situation) {}

    std::vector<Problem> find() {
        if (situation_.settings.cluster) api_servers();
        publishing();
        stores();
        shown_certificates();
        traefik();
        certificates();
        objects();
        return std::move(found_);
    }

private:
    void add(Problem problem) { found_.push_back(std::move(problem)); }

    void api_servers() {
        const std::string& home = situation_.settings.cluster_name;
        if (const std::string& fault = situation_.credentials_fault; !fault.empty()) {
            add({.who = Who::ApiServer,
                 .code = "api-server-unreachable",
                 .subject = in_cluster(home),
                 .what = fault + "; nothing is asked there without credentials, and what is "
                                 "published stays",
                 .cure = "see that the kubeconfig, the files that it names and its program are "
                         "as they should be; they are looked for again by themselves"});
        }
        api_server(situation_.kinds, in_cluster(home));
        if (!situation_.newer_bundle.empty()) {
            add({.who = Who::ApiServer,
                 .code = "gateway-api-newer",
                 .subject = in_cluster(home),
                 .what = situation_.newer_bundle,
                 .cure = "see whether there is a newer gatefile",
                 .is_wrong = false});
        }
        for (const MemberSituation& member : situation_.members) {
            api_server(member.kinds, in_cluster(member.settings->name));
            if (!member.is_read) not_read(member);
        }
        std::size_t elsewhere = 0;
        for (const MemberSituation& member : situation_.members)
            elsewhere += member.held_objects;
        held(situation_.held_objects - elsewhere, in_cluster(home));
        for (const MemberSituation& member : situation_.members)
            held(member.held_objects, in_cluster(member.settings->name));
    }

    void not_read(const MemberSituation& member) {
        constexpr std::string_view reach =
            "see that its API server can be reached from here, and that the agent may read "
            "Services and EndpointSlices there (gatefile rbac --for member)";
        const std::string& fault = member.credentials_fault;
        add({.who = Who::ApiServer,
             .code = "cluster-not-read",
             .subject = in_cluster(member.settings->name),
             .what = fault + (fault.empty() ? "" : "; ") +
                     fmt::format("it has never been read since the agent started{}",
                                 what_is_served(member)),
             .cure = member.is_waited_for || member.is_kept
                         ? fmt::format("{}; `gatefile release` publishes without it", reach)
                         : std::string(reach)});
    }

    static std::string_view what_is_served(const MemberSituation& member) {
        if (member.is_kept)
            return "; the endpoints that it had when it was last read are served";
        if (member.is_waited_for)
            return "; what is published, with its endpoints, stays, and changes wait for it";
        return ", so nothing of it is served";
    }

    void held(std::size_t count, const std::string& cluster) {
        if (count == 0) return;
        add({.who = Who::ApiServer,
             .code = "objects-held",
             .subject = cluster,
             .what = fmt::format("{} objects that the API server has no more are served on: nobody "
                                 "saw them go",
                                 count),
             .cure = "restore them, or let them go with `gatefile release`"});
    }

    static std::string in_cluster(const std::string& name) {
        return name.empty() ? std::string() : "cluster " + base::quote_for_message(name);
    }

    void api_server(const std::vector<source::KindState>& kinds, const std::string& cluster) {
        using Fault = source::KindState::Fault;
        const auto failing = std::ranges::find(kinds, Fault::Failing, &source::KindState::fault);
        const bool all = is_unreachable(kinds);
        if (all) {
            add({.who = Who::ApiServer,
                 .code = "api-server-unreachable",
                 .subject = cluster,
                 .what = failing->problem + "; what was read before is served on",
                 .cure = "see that the API server runs and can be reached from here, with the "
                         "credentials that the agent has"});
        }
        const auto subject_of = [&cluster](const source::KindState& kind) {
            return cluster.empty() ? kind.resource : kind.resource + " of " + cluster;
        };
        for (const source::KindState& kind : kinds) {
            if (kind.fault == Fault::Failing && !all) {
                add({.who = Who::ApiServer,
                     .code = "kind-not-followed",
                     .subject = subject_of(kind),
                     .what = kind.problem,
                     .cure = "it is tried again by itself"});
            } else if (kind.fault == Fault::Forbidden) {
                add({.who = Who::ApiServer,
                     .code = "kind-forbidden",
                     .subject = subject_of(kind),
                     .what = kind.problem,
                     .cure = role_that_cures(kind.denied.value_or(source::Action{}))});
            } else if (kind.fault == Fault::Missing &&
                       std::ranges::find(needed_kinds, kind.kind) != needed_kinds.end()) {
                add({.who = Who::ApiServer,
                     .code = "kind-missing",
                     .subject = subject_of(kind),
                     .what = kind.problem,
                     .cure = "install the CustomResourceDefinitions of the Gateway API"});
            }
        }
    }

    void publishing() {
        const PublishTrouble& trouble = situation_.trouble;
        const std::string& directory = situation_.settings.out.directory;
        const Keeper& keeper = situation_.keeper;
        if (trouble.kind == PublishTrouble::Kind::Failed) {
            add({.who = Who::Gatefile,
                 .code = "publication-failed",
                 .subject = {},
                 .what = "the last change is not published: " + trouble.text,
                 .cure = cure_of_failure(trouble.text, directory),
                 .since = trouble.since});
        } else if (trouble.kind == PublishTrouble::Kind::Held) {
            add({.who = Who::Gatefile,
                 .code = "publication-held",
                 .subject = {},
                 .what = "the last change is held back: much of what is served is missing",
                 .cure = "restore what is missing, or let it go with `gatefile release`",
                 .since = trouble.since});
        }
        if (keeper.hold()) {
            std::string what = describe(*keeper.hold());
            if (keeper.waiting())
                what += fmt::format("; changes wait since {}",
                                    base::format_rfc3339(keeper.waiting()->since));
            if (keeper.waiting() && !keeper.waiting()->stale.empty())
                what += "; " + stale_note(*keeper.waiting());
            add({.who = Who::Gatefile,
                 .code = "paused",
                 .subject = {},
                 .what = std::move(what),
                 .cure = "`gatefile resume` publishes the present state",
                 .since = keeper.hold()->since});
        }
        if (!keeper.problem().empty()) {
            add({.who = Who::Gatefile,
                 .code = "state-not-kept",
                 .subject = {},
                 .what = keeper.problem(),
                 .cure = cure_of_unkept(keeper)});
        }
        if (keeper.published_id().empty() && trouble.kind == PublishTrouble::Kind::None) {
            add({.who = Who::Gatefile,
                 .code = "nothing-published",
                 .subject = {},
                 .what = "nothing is published yet",
                 .cure =
                     "wait until everything was read once; the lines above say what is missing"});
        }
    }

    std::string cure_of_unkept(const Keeper& keeper) const {
        const AgentSettings& settings = situation_.settings;
        if (keeper.has_last_good())
            return cure_of_failure(keeper.problem(),
                                   settings.state_dir.value_or(settings.out.directory));
        if (keeper.is_anothers())
            return "end the other one, or give each agent a --state-dir of its own; it is tried "
                   "again by itself";
        return "put that right; it is tried again by itself";
    }

    void stores() {
        for (const StoreTrouble& store : situation_.stores.troubles) {
            add({.who = Who::Gatefile,
                 .code = "store-not-published",
                 .subject = store.store,
                 .what = store.what + "; what the store holds stays",
                 .cure = "see that the store runs and can be reached from here, and takes "
                         "--publish-user and the password or token; it is tried again by itself",
                 .since = store.since});
        }
        if (const auto& losses = situation_.stores.losses; !losses.empty()) {
            add({.who = Who::Gatefile,
                 .code = "store-loses",
                 .subject = losses.size() == 1
                                ? losses.front()
                                : fmt::format("{} and {} more", losses.front(), losses.size() - 1),
                 .what = "keys of a store cannot say it, and it answers 500 or 503 there",
                 .cure = "say it without commas and blanks around items of lists, in Redis without "
                         "taking headers away, or publish by http or a directory"});
        }
    }

    void traefik() {
        const Proof& proof = situation_.proof;
        if (!proof.enabled()) return;
        if (const auto& unfit = proof.unfit()) {
            add({.who = Who::Traefik,
                 .code = unfit->too_old ? "traefik-too-old" : "traefik-newer",
                 .subject = {},
                 .what = unfit->text,
                 .cure = unfit->too_old ? "run that version or a newer one"
                                        : "see whether there is a newer gatefile",
                 .is_wrong = unfit->too_old});
        }
        if (!situation_.entry_points_wanted.empty()) {
            add({.who = Who::Traefik,
                 .code = "traefik-unreachable",
                 .subject = {},
                 .what = situation_.entry_points_wanted,
                 .cure = "see that Traefik runs and that its API listens there (--traefik-api), or "
                         "name the entry points by --traefik-config or --entrypoint"});
        } else if (const auto silence = proof.silence()) {
            add({.who = Who::Traefik,
                 .code = "traefik-unreachable",
                 .subject = {},
                 .what = *silence,
                 .cure = "see that Traefik runs and that its API listens there (--traefik-api)"});
        } else if (proof.state() == Proven::NotLoaded) {
            add({.who = Who::Traefik,
                 .code = "generation-not-loaded",
                 .subject = {},
                 .what = proof.problem(),
                 .cure = where_the_log_tells(situation_.settings.provider)});
        }
        for (const auto& [object, why] : situation_.faults.faults()) {
            add({.who = Who::Traefik,
                 .code = "traefik-refused",
                 .subject = object.text(),
                 .what = why,
                 .cure = "the object is served in part or not at all until Traefik takes it"});
        }
        for (const auto& [name, why] : situation_.faults.shared_faults()) {
            add({.who = Who::Traefik,
                 .code = "traefik-refused",
                 .subject = name,
                 .what = why,
                 .cure = "no route behind it is served until Traefik takes it; where it names TLS "
                         "options of others that are gone, restore these, or take them off the "
                         "routers of theirs that name them"});
        }
        for (const std::string& entry_point : situation_.faults.missing_entry_points()) {
            add({.who = Who::Traefik,
                 .code = "entry-point-missing",
                 .subject = entry_point,
                 .what = fmt::format("Traefik has no entry point {}", entry_point),
                 .cure = "restart Traefik with the static configuration that the agent was given, "
                         "or give the agent Traefik's (--traefik-config)"});
        }
    }

    /// Those that the agent itself shows.
    void shown_certificates() {
        for (const ShownCertificate& one : situation_.shown) {
            const std::string subject = "--publish-certificate " + one.file;
            if (!one.fault.empty()) {
                add({.who = Who::Gatefile,
                     .code = "certificate-not-renewed",
                     .subject = subject,
                     .what = one.fault + "; the certificate from before is shown",
                     .cure = "put a chain and its key there; they are read again by themselves"});
            }
            const std::int64_t left = one.not_after.seconds - situation_.now.seconds;
            if (left > soon) continue;
            const std::string end = base::format_rfc3339(one.not_after);
            const bool expired = left <= 0;
            add({.who = Who::Gatefile,
                 .code = expired ? "certificate-expired" : "certificate-expiring",
                 .subject = subject,
                 .what = expired ? "the certificate expired at " + end +
                                       ": Traefiks that verify it get nothing new"
                                 : "the certificate expires at " + end,
                 .cure = "renew the files; they are read again by themselves",
                 .since = expired ? std::optional(one.not_after) : std::nullopt,
                 .is_wrong = expired});
        }
    }

    void certificates() {
        for (const CertificateTime& one : situation_.certificates) {
            const std::int64_t left = one.not_after.seconds - situation_.now.seconds;
            if (left > soon) continue;
            const std::string end = base::format_rfc3339(one.not_after);
            const bool expired = left <= 0;
            add({.who = Who::Objects,
                 .code = expired ? "certificate-expired" : "certificate-expiring",
                 // Of what is held the Secret may hold another one by now.
                 .subject = one.ns.empty() ? fmt::format("certificate for {}", one.name)
                                           : fmt::format("Secret {}/{}", one.ns, one.name),
                 .what = expired
                             ? fmt::format("the certificate expired at {}, and is served on", end)
                             : fmt::format("the certificate expires at {}", end),
                 .cure = "renew it; look at its Certificate where cert-manager makes it",
                 .since = expired ? std::optional(one.not_after) : std::nullopt,
                 .is_wrong = expired});
        }
    }

    void objects() {
        for (const ObjectErrors::Item& item : situation_.errors.items) {
            add({.who = Who::Objects,
                 .code = item.code,
                 .subject = item.object,
                 .what = item.what,
                 .cure = item.cure});
        }
    }

    const Situation& situation_;
    std::vector<Problem> found_;
};

}  // namespace

std::string_view who_name(Who who) {
    switch (who) {
    case Who::ApiServer:
        return "API server";
    case Who::Gatefile:
        return "gatefile";
    case Who::Traefik:
        return "Traefik";
    case Who::Objects:
        return "objects";
    }
    return "";
}

std::vector<Problem> problems_of(const Situation& situation) {
    return Finder(situation).find();
}

}  // namespace gatefile::agent

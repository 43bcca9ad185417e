// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/source/manifests.hpp"
#include "reading.hpp"

namespace gatefile::source {

namespace {

/// An object as it was last taken. `document.root` is the object itself.
struct LastGood {
    tree::Document document;
    std::string root;             ///< the -f path that it came through
    std::set<std::string> files;  ///< which may hold it now
};

using LastGoods = std::map<diag::ObjectRef, LastGood>;

/// What one reading says about files and objects beyond the objects that it has.
struct Findings {
    std::map<std::string, std::string> root_of;  ///< by file
    /// Files and directories that are not wholly understood, with the digest of what was read.
    std::map<std::string, std::string> faulty;
    std::set<std::string> newly_faulty;
    std::map<diag::ObjectRef, diag::SourcePosition> refused;
    std::set<std::string> unavailable;  ///< -f paths whose files cannot be seen
};

/// Whether the file, or a directory that it lies in, is not wholly understood.
bool is_faulty(const std::string& file, const Findings& findings) {
    if (findings.faulty.contains(file)) return true;
    for (std::size_t slash = file.find('/'); slash != file.npos;
         slash = file.find('/', slash + 1)) {
        if (findings.faulty.contains(file.substr(0, slash))) return true;
    }
    return false;
}

/// Which objects a file's diagnostics refuse. One that cannot be told from its text (no name,
/// unknown kind or version) may be any, so it makes the file one that is not understood.
void note_refusals(const diag::Diagnostics& found, const ParsedFile& file, Findings& findings) {
    for (const diag::Diagnostic& item : found.items()) {
        if (diag::info(item.code).klass != diag::Class::Refused) continue;
        const bool unknown = item.object.name.empty() || item.code == diag::Code::VersionNotServed;
        if (unknown) {
            findings.faulty.emplace(file.name, file.digest);
        } else {
            findings.refused.try_emplace(
                item.object, item.at.value_or(diag::SourcePosition{.source = file.name}));
        }
    }
}

std::string list_some(const std::vector<diag::ObjectRef>& objects) {
    constexpr std::size_t shown = 3;
    std::string text;
    for (std::size_t i = 0; i < std::min(shown, objects.size()); ++i)
        text += (i == 0 ? "" : ", ") + objects[i].text();
    if (objects.size() > shown) text += fmt::format(" and {} more", objects.size() - shown);
    return text;
}

}  // namespace

struct ManifestFollower::State {
    explicit State(ManifestSettings given) : settings(std::move(given)), reader(settings) {}

    void find_faults(const std::vector<RootReading>& roots, Findings& findings);
    std::set<diag::ObjectRef>
    keep(api::SnapshotBuilder& builder, const Findings& findings, diag::Diagnostics& diagnostics);
    void remember(const api::Snapshot& snapshot,
                  const Findings& findings,
                  const std::set<diag::ObjectRef>& kept);

    ManifestSettings settings;
    FileReader reader;
    LastGoods last;
    std::map<std::string, std::string> faulty;  ///< as of the last reading
    std::set<std::string> populated;            ///< directories named with -f that had manifests
    bool started = false;                       ///< after the first reading without any fault
    bool absence_accepted = false;
};

/// Of paths and files; refused objects come later, from the builder.
void ManifestFollower::State::find_faults(const std::vector<RootReading>& roots,
                                          Findings& findings) {
    for (const RootReading& root : roots) {
        const bool empty = root.is_directory && root.listed == 0;
        if (!empty && root.is_directory) populated.insert(root.path);
        if (empty && absence_accepted) populated.erase(root.path);
        const bool emptied = empty && populated.contains(root.path);
        if (!root.available || !root.settled || emptied) findings.unavailable.insert(root.path);
        if (root.available) {
            for (const InputFault& fault : root.faults)
                findings.faulty.emplace(fault.name, "");
        }
        for (const auto& file : root.files) {
            findings.root_of.emplace(file->name, root.path);
            if (!file->read.faults.empty()) findings.faulty.emplace(file->name, file->digest);
        }
    }
}

/// Adds what the new texts do not have but must not be taken as gone; which ones, is the answer.
std::set<diag::ObjectRef> ManifestFollower::State::keep(api::SnapshotBuilder& builder,
                                                        const Findings& findings,
                                                        diag::Diagnostics& diagnostics) {
    std::set<diag::ObjectRef> kept;
    std::map<std::string, std::vector<diag::ObjectRef>> waiting;  ///< by file or path
    for (auto& [object, good] : last) {
        if (builder.has(object)) continue;
        std::set<std::string> holders;
        for (const std::string& file : good.files) {
            if (is_faulty(file, findings)) holders.insert(file);
        }
        // It may have moved, together with the mistake, from a file that is fine now.
        if (holders.empty()) holders = findings.newly_faulty;
        const auto refusal = findings.refused.find(object);
        if (refusal != findings.refused.end()) {
            good.files = {refusal->second.source};
            diagnostics.add({.code = diag::Code::KeptLastGood,
                             .object = object,
                             .detail = "the last good version stays in use, because this one was "
                                       "refused",
                             .at = refusal->second});
        } else if (findings.unavailable.contains(good.root)) {
            waiting[good.root].push_back(object);
        } else if (!holders.empty()) {
            waiting[*holders.begin()].push_back(object);
            good.files = std::move(holders);
        } else {
            continue;
        }
        diag::Diagnostics known;
        builder.add(good.document, known);
        kept.insert(object);
    }
    for (const auto& [place, objects] : waiting) {
        diagnostics.add({.code = diag::Code::KeptLastGood,
                         .detail = fmt::format("what was last read stays in use until {} can be "
                                               "read again: {}",
                                               base::quote_for_message(place, 4096),
                                               list_some(objects)),
                         .at = diag::SourcePosition{.source = place}});
    }
    return kept;
}

void ManifestFollower::State::remember(const api::Snapshot& snapshot,
                                       const Findings& findings,
                                       const std::set<diag::ObjectRef>& kept) {
    LastGoods now;
    for (const diag::ObjectRef& object : kept)
        now.insert(last.extract(object));
    api::for_each_kind(snapshot, [&](std::string_view kind, const auto& objects) {
        for (const auto& each : objects) {
            diag::ObjectRef object{
                .kind = std::string(kind), .ns = each.meta.ns, .name = each.meta.name};
            if (kept.contains(object)) continue;
            const api::Origin& origin = snapshot.origins[each.meta.origin];
            tree::Document document = origin.document;
            document.root = origin.object;
            const std::string& file = *document.source;
            now.emplace(std::move(object),
                        LastGood{.document = std::move(document),
                                 .root = findings.root_of.at(file),
                                 .files = {file}});
        }
    });
    last = std::move(now);
}

ManifestFollower::ManifestFollower(ManifestSettings settings)
    : state_(std::make_unique<State>(std::move(settings))) {}

ManifestFollower::~ManifestFollower() = default;

void ManifestFollower::accept_absence() {
    state_->absence_accepted = true;
}

base::Result<ManifestFollower::Reading> ManifestFollower::read(diag::Diagnostics& diagnostics) {
    State& state = *state_;
    const auto roots = state.reader.read();
    if (!roots) return roots.error();
    Reading reading;
    Findings findings;
    state.find_faults(*roots, findings);
    api::SnapshotBuilder builder(state.settings.read);
    for (const RootReading& root : *roots) {
        if (!report_faults(root, diagnostics)) reading.complete = false;
        for (const auto& file : root.files) {
            diag::Diagnostics found;
            for (const tree::Document& document : file->read.documents)
                builder.add(document, found);
            note_refusals(found, *file, findings);
            diagnostics.append(found);
        }
    }
    for (const auto& [name, digest] : findings.faulty) {
        const auto before = state.faulty.find(name);
        if (before == state.faulty.end() || before->second != digest)
            findings.newly_faulty.insert(name);
    }
    const std::set<diag::ObjectRef> kept = state.keep(builder, findings, diagnostics);
    reading.snapshot = builder.finish();
    state.remember(*reading.snapshot, findings, kept);
    const bool whole = reading.complete && findings.refused.empty() && findings.faulty.empty();
    state.started = state.started || whole || state.absence_accepted;
    state.absence_accepted = false;
    state.faulty = std::move(findings.faulty);
    reading.deletions_witnessed = state.started && findings.unavailable.empty();
    return reading;
}

}  // namespace gatefile::source

// SPDX-License-Identifier: Apache-2.0
#include "intake.hpp"

#include <algorithm>
#include <type_traits>

namespace gatefile::api {

namespace {

/// How much of a scratch arena may pile up before it is given back.
constexpr std::size_t scratch_bytes = 1u << 20;

/// A manifest has no time of creation, and age decides between routes.
void give_ages(const std::map<diag::ObjectRef, base::Timestamp>& created, Snapshot& snapshot) {
    if (created.empty()) return;
    for_each_kind(snapshot, [&](std::string_view kind, auto& objects) {
        for (auto& pointer : objects.pointers()) {
            const auto found =
                created.find({std::string(kind), pointer->meta.ns, pointer->meta.name});
            if (pointer->meta.created || found == created.end()) continue;
            auto copy = std::make_shared<std::remove_cvref_t<decltype(*pointer)>>(*pointer);
            copy->meta.created = found->second;
            pointer = std::move(copy);
        }
    });
}

}  // namespace

SnapshotBuilder::SnapshotBuilder(ReadOptions options)
    : state_(std::make_unique<State>(State{.options = std::move(options)})) {}

SnapshotBuilder::~SnapshotBuilder() = default;

void SnapshotBuilder::add(const tree::Document& document, diag::Diagnostics& diagnostics) {
    Intake(*state_, document, diagnostics).take(document.root, 0);
    if (state_->scratch->allocated_bytes() > scratch_bytes) {
        state_->scratch = std::make_unique<tree::Arena>();
    }
}

void SnapshotBuilder::begin_context() {
    state_->context = true;
    state_->snapshot->first_context_origin = state_->snapshot->origins.size();
}

bool SnapshotBuilder::has(const diag::ObjectRef& object) const {
    return state_->taken.contains(
        {.row = find_row_by_kind(object.kind), .ns = object.ns, .name = object.name});
}

std::shared_ptr<const Snapshot> SnapshotBuilder::finish() {
    // Keeps the options; everything else points into the snapshot that goes.
    state_->taken.clear();
    std::unique_ptr<Snapshot> finished =
        std::exchange(state_->snapshot, std::make_unique<Snapshot>());
    finished->from_cluster = !state_->options.validate;
    std::ranges::sort(finished->complete);
    std::ranges::stable_sort(finished->foreign, {}, &ForeignRoute::object);
    const auto same = std::ranges::unique(finished->foreign, {}, &ForeignRoute::object);
    finished->foreign.erase(same.begin(), same.end());
    std::vector<IngressClass>& classes = finished->ingress_classes.all;
    std::ranges::stable_sort(classes, {}, &IngressClass::name);
    const auto same_classes = std::ranges::unique(classes, {}, &IngressClass::name);
    classes.erase(same_classes.begin(), same_classes.end());
    if (state_->options.validate) give_default_class(finished->foreign, finished->ingress_classes);
    give_ages(state_->created, *finished);
    state_->created.clear();
    state_->context = false;
    finished->index();
    return finished;
}

}  // namespace gatefile::api

// SPDX-License-Identifier: Apache-2.0
#include "intake.hpp"

namespace gatefile::api {

namespace {

/// How much of a scratch arena may pile up before it is given back.
constexpr std::size_t scratch_bytes = 1u << 20;

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
    finished->index();
    return finished;
}

}  // namespace gatefile::api

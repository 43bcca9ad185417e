// SPDX-License-Identifier: Apache-2.0
#include "bundle_probe.hpp"

#include "gatefile/analysis/roles.hpp"
#include "gatefile/api/bundle.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;

constexpr auto pause = 30s;

}  // namespace

BundleProbe::~BundleProbe() {
    if (call_ != 0) server_.cancel(call_);
}

void BundleProbe::turn(Clock::time_point now) {
    if (!due_ || *due_ > now) return;
    due_.reset();
    const std::string name(analysis::bundle_definition);
    call_ = server_.call(
        {.action = {.verb = "get",
                    .group = "apiextensions.k8s.io",
                    .resource = "customresourcedefinitions",
                    .ns = {},
                    .name = name},
         .path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + name,
         // Without the schemas, which are half a megabyte.
         .accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"},
        [this](const source::ApiAnswer& answer) {
            call_ = 0;
            answered(answer);
        });
}

void BundleProbe::answered(const source::ApiAnswer& answer) {
    if (!answer.ok()) {
        const bool is_final = answer.status == 403 || answer.status == 404;
        if (!is_final) due_ = Clock::now() + pause;
        return;
    }
    const auto document = tree::read_json(answer.body);
    if (!document) return;
    newer_ = api::newer_bundle(document->root).value_or("");
    if (!newer_.empty()) log_.write(LogLevel::Warn, newer_);
}

}  // namespace gatefile::agent

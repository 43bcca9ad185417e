// SPDX-License-Identifier: Apache-2.0
//
// Text to a Snapshot for the tests of this module.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::api {

struct Taken {
    std::shared_ptr<const Snapshot> snapshot;
    diag::Diagnostics diagnostics;

    const std::vector<diag::Diagnostic>& items() const { return diagnostics.items(); }
    std::size_t count(diag::Code code) const {
        return static_cast<std::size_t>(
            std::count_if(items().begin(), items().end(), [code](const auto& item) {
                return item.code == code;
            }));
    }
    /// "code path: detail", one line each, for messages of failing checks.
    std::string text() const {
        std::string lines;
        for (const diag::Diagnostic& item : items()) {
            lines += std::string(diag::info(item.code).name) + ' ' + item.object.text() + ' ' +
                     item.path.text() + ": " + item.detail + '\n';
        }
        return lines;
    }
};

inline Taken take(std::string_view text, ReadOptions options = {}) {
    Taken taken;
    SnapshotBuilder builder(std::move(options));
    const auto read = tree::read(text, std::make_shared<const std::string>("test.yaml"));
    for (const tree::Document& document : read.documents)
        builder.add(document, taken.diagnostics);
    taken.snapshot = builder.finish();
    return taken;
}

inline ReadOptions unchecked() {
    return {.validate = false};
}

}  // namespace gatefile::api

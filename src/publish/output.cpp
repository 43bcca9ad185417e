// SPDX-License-Identifier: Apache-2.0
#include "gatefile/publish/output.hpp"

#include <utility>

namespace gatefile::publish {

base::Result<Output> Output::open(DirectorySettings main, std::optional<DirectorySettings> keys) {
    auto watched = DirectoryPublisher::open(std::move(main));
    if (!watched) return watched.error();
    if (!keys) return Output(std::move(*watched), std::nullopt);
    auto private_keys = DirectoryPublisher::open(std::move(*keys));
    if (!private_keys) return private_keys.error();
    return Output(std::move(*watched), std::move(*private_keys));
}

base::Result<PublishReport> Output::publish(const FileSet& files, bool witnessed) {
    if (!keys_) return main_.publish(files, witnessed);
    const FileSet keys{files.keys, {}, 0, files.generation};
    if (auto added = keys_->publish(keys, true, DirectoryPublisher::Stale::Keep); !added)
        return added;
    auto report = main_.publish(files, witnessed);
    if (!report || report->held) return report;
    if (auto cleaned = keys_->publish(keys, true); !cleaned) return cleaned;
    return report;
}

}  // namespace gatefile::publish

// SPDX-License-Identifier: Apache-2.0
#include "encoder.hpp"

namespace gatefile::status {

tree::Node encode(const Report& report, std::optional<base::Timestamp> at, tree::Arena& arena) {
    Encoder encoder(at, arena);
    std::vector<tree::Node> objects;
    objects.reserve(report.objects.size());
    for (const ObjectStatus& object : report.objects) {
        objects.push_back(encoder.object(object));
    }
    return encoder.list(objects);
}

}  // namespace gatefile::status

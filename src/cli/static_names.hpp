// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace gatefile::cli {

/// In a program without shared libraries: names come from /etc/hosts, /etc/group and DNS only,
/// whatever nsswitch.conf says. Elsewhere nothing.
void keep_names_static();

}  // namespace gatefile::cli

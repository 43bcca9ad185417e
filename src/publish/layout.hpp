// SPDX-License-Identifier: Apache-2.0
//
// What there is in the sub-directory of ours in a watched directory.
#pragma once

#include <array>
#include <string_view>

namespace gatefile::publish {

// Traefik reads sub-directories too, but only names that end in yml, yaml or toml.
inline constexpr const char* stage_name = ".gatefile";
inline constexpr const char* staged_file = "next.tmp";
inline constexpr const char* record_file = "owned";
inline constexpr const char* staged_record = "owned.tmp";
inline constexpr const char* lock_file = "lock";
inline constexpr const char* wake_fifo = "wake";

/// All names there that are ours, besides record and lock; of a directory all that is in it. Who
/// keeps something more there adds its name, so that `gatefile cleanup` finds it.
inline constexpr std::array<std::string_view, 17> kept_names{staged_file,
                                                            staged_record,
                                                            wake_fifo,
                                                            "default-certificate",
                                                            ".default-certificate.tmp",
                                                            "generations",
                                                            "hold",
                                                            "hold.tmp",
                                                            "hold-backends",
                                                            "hold-backends.tmp",
                                                            "key-pairs",
                                                            "key-pairs.tmp",
                                                            "kinds-read",
                                                            "kinds-read.tmp",
                                                            "member-endpoints",
                                                            "member-endpoints.tmp",
                                                            "agent.sock"};

/// What a --state-dir holds, besides the lock and files that are named by their hash.
inline constexpr std::array<std::string_view, 2> state_names{"output", "output.tmp"};
inline constexpr std::string_view stored_suffix = ".kept";

}  // namespace gatefile::publish

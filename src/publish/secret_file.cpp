// SPDX-License-Identifier: Apache-2.0
#include "gatefile/publish/secret_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "gatefile/base/strings.hpp"
#include "gatefile/base/unique_fd.hpp"
#include "posix.hpp"

namespace gatefile::publish {

namespace {

constexpr std::size_t longest_file = 1u << 20;

}  // namespace

base::Result<std::string> read_mounted_file(const std::string& path) {
    const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!fd) return os_error("opening", path);
    std::string bytes(longest_file + 1, '\0');
    std::size_t have = 0;
    while (have < bytes.size()) {
        const ssize_t count = ::read(fd.get(), bytes.data() + have, bytes.size() - have);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error("reading", path);
        if (count == 0) break;
        have += static_cast<std::size_t>(count);
    }
    if (have > longest_file) return base::Error{base::ErrorKind::Io, path + " is too large"};
    bytes.resize(have);
    return bytes;
}

base::Result<std::string> read_word_file(const std::string& path) {
    const auto bytes = read_mounted_file(path);
    if (!bytes) return bytes.error();
    std::string word(base::trim(*bytes));
    if (word.empty()) return base::Error{base::ErrorKind::Usage, path + " is empty"};
    return word;
}

}  // namespace gatefile::publish

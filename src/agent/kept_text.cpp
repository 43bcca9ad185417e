// SPDX-License-Identifier: Apache-2.0
#include "kept_text.hpp"

#include <utility>

#include "gatefile/base/hash.hpp"
#include "gatefile/publish/beside.hpp"

namespace gatefile::agent {

KeptText::KeptText(std::optional<std::string> directory,
                   const Words& words,
                   Old old,
                   const Log& log)
    : directory_(std::move(directory)), words_(words), old_(old), log_(log) {}

std::optional<std::string> KeptText::load() const {
    if (!directory_) return std::nullopt;
    auto text = publish::read_beside(*directory_, words_.file_name);
    if (!text) {
        tell_not_read(text.error().text);
        return std::nullopt;
    }
    return *std::move(text);
}

void KeptText::note(const std::string& text) {
    hash_ = base::sha256_hex(text);
}

bool KeptText::keep(const std::optional<std::string>& text) {
    if (!directory_) return true;
    const std::string hash = text ? base::sha256_hex(*text) : "";
    if (text && hash == hash_) return true;
    const auto done = text ? publish::write_beside(*directory_, words_.file_name, *text)
                           : publish::remove_beside(*directory_, words_.file_name);
    hash_ = done ? hash : "";
    if (done) {
        problem_.clear();
    } else {
        tell_not_kept(done.error().text);
    }
    return done.has_value();
}

void KeptText::tell_not_read(const std::string& error) const {
    log_.write(LogLevel::Warn,
               words_.not_read,
               {{"file", publish::path_beside(*directory_, words_.file_name)}, {"error", error}});
}

void KeptText::tell_not_kept(const std::string& error) {
    const bool is_gone = old_ == Old::Misleads &&
                         publish::remove_beside(*directory_, words_.file_name).has_value();
    if (problem_ != error)
        log_.write(LogLevel::Error,
                   words_.not_kept,
                   {{"error", error}, {"old", is_gone ? "removed" : "stays"}});
    problem_ = error;
}

}  // namespace gatefile::agent

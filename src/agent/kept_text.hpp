// SPDX-License-Identifier: Apache-2.0
//
// A text that one agent leaves to the next, beside what is published (publish/beside.hpp).
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "gatefile/agent/log.hpp"

namespace gatefile::agent {

class KeptText {
public:
    struct Words {
        const char* file_name;
        const char* not_read;  ///< what the log says where it is damaged
        const char* not_kept;  ///< and where it cannot be written: what that means
    };
    /// What an old text is worth that could not be replaced.
    enum class Old { Stays, Misleads };

    /// Without a directory nothing is kept.
    KeptText(std::optional<std::string> directory, const Words& words, Old old, const Log& log);

    bool is_on() const { return directory_.has_value(); }
    /// What is there from another is not read.
    void keep_in(std::string directory) {
        directory_ = std::move(directory);
        hash_.clear();
    }

    /// What `parse` (text → std::optional) makes of the text; nothing where none is kept. One that
    /// cannot be read is told.
    template <typename Parse>
    auto read(Parse parse) -> decltype(parse(std::string())) {
        const std::optional<std::string> text = load();
        if (!text) return std::nullopt;
        auto parsed = parse(*text);
        if (parsed) {
            note(*text);
        } else {
            tell_not_read("it is damaged");
        }
        return parsed;
    }

    /// Whether `text`, or nothing, is what is kept now. Each reason why it is not is told once.
    bool keep(const std::optional<std::string>& text);

private:
    std::optional<std::string> load() const;
    void note(const std::string& text);
    void tell_not_read(const std::string& error) const;
    void tell_not_kept(const std::string& error);

    std::optional<std::string> directory_;
    Words words_;
    Old old_;
    const Log& log_;
    std::string hash_;  ///< of what the file holds; "" where that is not known
    std::string problem_;
};

}  // namespace gatefile::agent

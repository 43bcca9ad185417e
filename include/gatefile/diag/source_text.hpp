// SPDX-License-Identifier: Apache-2.0
//
// A manifest as it is written, to show lines of it beside a message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatefile::diag {

class SourceText {
public:
    explicit SourceText(std::string bytes);

    /// A line without its end. Nothing for a line of a document that is, or could be, a Secret or
    /// holds a private key, for one that nobody reads (256 KiB), and for all of a file whose lines
    /// YAML counts otherwise than editors do. Lines count from 1.
    std::optional<std::string_view> line(std::uint32_t number) const;

    /// The template that Helm names at the start of the document with this line
    /// (`# Source: shop/templates/route.yaml`); "" when there is none.
    std::string_view chart_template(std::uint32_t number) const;

private:
    struct Document {
        std::size_t first;  ///< index in lines_, its `---` included
        std::size_t end;
        bool shown;
    };
    const Document* document_of(std::uint32_t number) const;

    std::string bytes_;
    std::vector<std::size_t> starts_;  ///< of the lines, and the end
    std::vector<Document> documents_;
    std::string_view at(std::size_t index) const;
};

}  // namespace gatefile::diag

// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include <rapidjson/prettywriter.h>
#include <rapidjson/writer.h>

#include "gatefile/base/result.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/tree/write.hpp"
#include "walk.hpp"

namespace gatefile::tree {
namespace {

/// RapidJSON's own buffer would have to be copied into a string once more: large texts feel it.
class TextStream {
public:
    using Ch = char;

    explicit TextStream(std::size_t expected) { text_.reserve(expected); }

    void Put(char c) {
        if (used_ == block_.size()) Flush();
        block_[used_++] = c;
    }

    void Flush() {
        text_.append(block_.data(), used_);
        used_ = 0;
    }

    std::string take() {
        Flush();
        return std::move(text_);
    }

private:
    std::array<char, 4096> block_;
    std::size_t used_ = 0;
    std::string text_;
};

template <typename Writer>
class JsonOutput {
public:
    explicit JsonOutput(Writer& writer) : writer_(writer) {}

    void key(std::string_view text) {
        writer_.Key(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    }

    void begin(const Node& node) {
        if (node.is_map())
            writer_.StartObject();
        else
            writer_.StartArray();
    }

    void end(const Node& node) {
        if (node.is_map())
            writer_.EndObject();
        else
            writer_.EndArray();
    }

    void scalar(const Node& node) {
        switch (node.kind()) {
        case Kind::Bool:
            writer_.Bool(node.as_bool());
            return;
        case Kind::Int:
            writer_.Int64(node.as_int());
            return;
        case Kind::Float:
            // The writer refuses NaN and infinities.
            GATEFILE_CHECK(writer_.Double(node.as_float()));
            return;
        case Kind::String: {
            const std::string_view text = node.as_string();
            writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
            return;
        }
        case Kind::Null:
        case Kind::List:
        case Kind::Map:
            writer_.Null();
            return;
        }
    }

private:
    Writer& writer_;
};

template <typename Writer>
void write_with(Writer& writer, const Node& node) {
    JsonOutput<Writer> output(writer);
    walk(node, output);
}

}  // namespace

std::string write_json(const Node& node, JsonStyle style, std::size_t expected) {
    TextStream stream(expected);
    switch (style) {
    case JsonStyle::Compact: {
        rapidjson::Writer<TextStream> writer(stream);
        write_with(writer, node);
        break;
    }
    case JsonStyle::Indented: {
        rapidjson::PrettyWriter<TextStream> writer(stream);
        writer.SetIndent(' ', 2);
        write_with(writer, node);
        break;
    }
    }
    stream.Put('\n');
    std::string text = stream.take();
    // Between strings there is nothing but ASCII: one look is as good as one at each of them.
    GATEFILE_CHECK(base::is_utf8(text));
    return text;
}

}  // namespace gatefile::tree

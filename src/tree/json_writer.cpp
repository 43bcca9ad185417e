// SPDX-License-Identifier: Apache-2.0
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "gatefile/base/result.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/tree/write.hpp"
#include "walk.hpp"

namespace gatefile::tree {
namespace {

template <typename Writer>
class JsonOutput {
public:
    explicit JsonOutput(Writer& writer) : writer_(writer) {}

    void key(std::string_view text) {
        GATEFILE_CHECK(base::is_utf8(text));
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
        case Kind::String:
            string(node.as_string());
            return;
        case Kind::Null:
        case Kind::List:
        case Kind::Map:
            writer_.Null();
            return;
        }
    }

private:
    void string(std::string_view text) {
        GATEFILE_CHECK(base::is_utf8(text));
        writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    }

    Writer& writer_;
};

template <typename Writer>
void write_with(Writer& writer, const Node& node) {
    JsonOutput<Writer> output(writer);
    walk(node, output);
}

}  // namespace

std::string write_json(const Node& node, JsonStyle style) {
    rapidjson::StringBuffer buffer;
    switch (style) {
    case JsonStyle::Compact: {
        rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
        write_with(writer, node);
        break;
    }
    case JsonStyle::Indented: {
        rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
        writer.SetIndent(' ', 2);
        write_with(writer, node);
        break;
    }
    }
    buffer.Put('\n');
    return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace gatefile::tree

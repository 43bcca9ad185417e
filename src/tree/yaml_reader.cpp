// SPDX-License-Identifier: Apache-2.0
#include "yaml_reader.hpp"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <map>

#include "builder.hpp"
#include "gatefile/base/strings.hpp"
#include "split.hpp"
#include "yaml_scalar.hpp"

namespace gatefile::tree {
namespace {

std::string_view view(const yaml_char_t* text) {
    return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

std::string_view view(const yaml_char_t* text, std::size_t length) {
    return {reinterpret_cast<const char*>(text), length};
}

/// libyaml's parser and the event it gave last.
class EventStream {
public:
    explicit EventStream(std::string_view text) {
        ready_ = ::yaml_parser_initialize(&parser_) == 1;
        if (!ready_) return;
        ::yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
        ::yaml_parser_set_input_string(
            &parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    }
    ~EventStream() {
        drop_event();
        if (ready_) ::yaml_parser_delete(&parser_);
    }
    EventStream(const EventStream&) = delete;
    EventStream& operator=(const EventStream&) = delete;

    /// The next event, valid until the one after; null on an error, see parser().
    const yaml_event_t* next() {
        drop_event();
        has_event_ = ready_ && ::yaml_parser_parse(&parser_, &event_) == 1;
        return has_event_ ? &event_ : nullptr;
    }

    const yaml_parser_t& parser() const { return parser_; }

private:
    void drop_event() {
        if (has_event_) ::yaml_event_delete(&event_);
        has_event_ = false;
    }

    yaml_parser_t parser_{};
    yaml_event_t event_{};
    bool ready_ = false;
    bool has_event_ = false;
};

/// go-yaml's bound on what aliases may add: 99 % of a small document, 10 % of a large one.
double allowed_alias_ratio(std::size_t nodes) {
    constexpr double low = 400'000;
    constexpr double high = 4'000'000;
    const auto count = static_cast<double>(nodes);
    if (count <= low) return 0.99;
    if (count >= high) return 0.10;
    return 0.99 - 0.89 * (count - low) / (high - low);
}

class Reader {
public:
    Reader(std::string_view text, std::uint32_t first_line, Arena& arena, const Limits& limits)
        : text_(text), first_line_(first_line), events_(text), builder_(arena, limits) {}

    YamlValue run() {
        YamlValue result;
        while (const yaml_event_t* const event = events_.next()) {
            if (event->type == YAML_STREAM_END_EVENT) break;
            if (event->type == YAML_DOCUMENT_END_EVENT) {
                check_nothing_follows(*event);
                if (builder_.faults().empty()) result.root = builder_.last();
                break;
            }
            if (!take(*event)) break;
        }
        if (events_.parser().error != YAML_NO_ERROR) report_parser_error();
        result.faults = std::move(builder_.faults());
        return result;
    }

private:
    struct Anchor {
        bool is_open = true;
        Node node;
        std::size_t counted = 0;  ///< of the node and all below it
        std::size_t height = 0;   ///< of lists and maps in each other
    };

    struct Open {
        std::optional<std::size_t> anchor;
        std::size_t counted_before = 0;
        std::size_t height = 1;
        bool expects_key = false;
    };

    Position place(const yaml_mark_t& mark) const {
        return {first_line_ + static_cast<std::uint32_t>(mark.line),
                static_cast<std::uint32_t>(mark.column) + 1};
    }

    bool take(const yaml_event_t& event) {
        const Position at = place(event.start_mark);
        switch (event.type) {
        case YAML_SCALAR_EVENT:
            return take_scalar(event, at);
        case YAML_ALIAS_EVENT:
            return take_alias(view(event.data.alias.anchor), at);
        case YAML_SEQUENCE_START_EVENT:
            return open(Kind::List, view(event.data.sequence_start.anchor), at);
        case YAML_MAPPING_START_EVENT:
            return open(Kind::Map, view(event.data.mapping_start.anchor), at);
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
            return close();
        case YAML_NO_EVENT:
        case YAML_STREAM_START_EVENT:
        case YAML_STREAM_END_EVENT:
        case YAML_DOCUMENT_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
            return true;
        }
        return true;
    }

    bool take_scalar(const yaml_event_t& event, Position at) {
        const auto& data = event.data.scalar;
        const Scalar scalar{
            view(data.value, data.length), view(data.tag), data.plain_implicit != 0};
        const bool is_key = !open_.empty() && open_.back().expects_key;
        const bool merges =
            scalar.text == "<<" && (scalar.is_plain || scalar.tag == "tag:yaml.org,2002:merge");
        if (is_key && merges) {
            open_.back().expects_key = false;
            return builder_.merge_key(at);
        }
        const base::Result<Node> node = resolve_scalar(scalar, at, builder_.arena());
        if (!node) {
            builder_.fault(at, node.error().text);
            return false;
        }
        define_anchor(view(data.anchor), Anchor{false, *node, 1, 0});
        return is_key ? take_key(*node, at) : take_value(*node);
    }

    bool take_key(const Node& node, Position at) {
        const base::Result<std::string_view> key = key_text(node, builder_.arena());
        if (!key) {
            builder_.fault(at, key.error().text);
            return false;
        }
        open_.back().expects_key = false;
        return builder_.key(*key, at);
    }

    bool take_value(const Node& node) {
        if (!open_.empty()) open_.back().expects_key = builder_.in_map();
        return builder_.value(node);
    }

    std::optional<std::size_t> define_anchor(std::string_view name, const Anchor& anchor) {
        if (name.empty()) return std::nullopt;
        anchor_by_name_.insert_or_assign(std::string(name), anchors_.size());
        anchors_.push_back(anchor);
        return anchors_.size() - 1;
    }

    bool take_alias(std::string_view name, Position at) {
        const auto found = anchor_by_name_.find(name);
        if (found == anchor_by_name_.end()) {
            builder_.fault(at, fmt::format("unknown anchor {} referenced", quoted(name)));
            return false;
        }
        const Anchor& anchor = anchors_[found->second];
        if (anchor.is_open) {
            builder_.fault(at, fmt::format("anchor {} value contains itself", quoted(name)));
            return false;
        }
        if (builder_.depth() + anchor.height > builder_.limits().depth) {
            builder_.fault(at,
                           fmt::format("lists and maps are nested more than {} deep",
                                       builder_.limits().depth));
            return false;
        }
        if (!count_repeated(anchor, at)) return false;
        if (open_.empty()) return take_value(anchor.node);
        if (open_.back().expects_key) return take_key(anchor.node, at);
        if (builder_.after_merge_key() && !anchor.node.is_map()) {
            builder_.fault(at, "map merge requires map or sequence of maps as the value");
            return false;
        }
        open_.back().height = std::max(open_.back().height, anchor.height + 1);
        return take_value(anchor.node);
    }

    static std::string quoted(std::string_view name) { return base::quote_for_message(name); }

    /// The alias itself is counted when it is taken as a key or value.
    bool count_repeated(const Anchor& anchor, Position at) {
        if (!builder_.count(anchor.counted, at)) return false;
        repeated_ += anchor.counted;
        const std::size_t all = builder_.counted();
        const double ratio = static_cast<double>(repeated_) / static_cast<double>(all);
        if (repeated_ <= 100 || all <= 1000 || ratio <= allowed_alias_ratio(all)) return true;
        builder_.fault(at, "document contains excessive aliasing");
        return false;
    }

    bool open(Kind kind, std::string_view anchor, Position at) {
        if (!open_.empty() && open_.back().expects_key) {
            builder_.fault(at, fmt::format("invalid map key: {}", kind_name(kind)));
            return false;
        }
        Open frame;
        frame.counted_before = builder_.counted();
        frame.expects_key = kind == Kind::Map;
        frame.anchor = define_anchor(anchor, Anchor{});
        open_.push_back(frame);
        return builder_.begin(kind, at);
    }

    bool close() {
        const Open frame = open_.back();
        open_.pop_back();
        if (!builder_.end()) return false;
        if (frame.anchor) {
            const std::size_t counted = builder_.counted() - frame.counted_before;
            anchors_[*frame.anchor] = Anchor{false, builder_.last(), counted, frame.height};
        }
        if (!open_.empty()) {
            open_.back().height = std::max(open_.back().height, frame.height + 1);
            open_.back().expects_key = builder_.in_map();
        }
        return true;
    }

    /// libyaml is not asked for a second document: its cost for many directives is quadratic.
    void check_nothing_follows(const yaml_event_t& end) {
        if (end.end_mark.index >= base::count_code_points(text_)) return;
        builder_.fault(place(end.end_mark), "text follows the end of the document");
    }

    void report_parser_error() {
        const yaml_parser_t& parser = events_.parser();
        std::string text = parser.problem == nullptr ? "out of memory" : parser.problem;
        if (parser.error == YAML_READER_ERROR) {
            if (parser.problem_value >= 0) text += fmt::format(" (#x{:X})", parser.problem_value);
            builder_.fault(position_of(text_, parser.problem_offset, first_line_), text);
            return;
        }
        if (parser.context != nullptr) text += fmt::format(" {}", parser.context);
        builder_.fault(place(parser.problem_mark), text);
    }

    std::string_view text_;
    std::uint32_t first_line_;
    EventStream events_;
    Builder builder_;
    std::vector<Open> open_;
    std::vector<Anchor> anchors_;
    std::map<std::string, std::size_t, std::less<>> anchor_by_name_;
    std::size_t repeated_ = 0;
};

/// The text up to a line `...`; what stands behind one is no part of the document.
std::string_view until_document_end(std::string_view text) {
    constexpr std::string_view mark = "...";
    for (std::size_t at = text.find(mark); at != std::string_view::npos;
         at = text.find(mark, at + 1)) {
        const bool starts_line = at == 0 || text[at - 1] == '\n' || text[at - 1] == '\r';
        const std::size_t behind = at + mark.size();
        const bool ends_word =
            behind == text.size() || std::string_view(" \t\r\n").find(text[behind]) != text.npos;
        if (starts_line && ends_word) return text.substr(0, behind);
    }
    return text;
}

/// The length of a line break at the front that only YAML 1.1 takes for one: NEL, LS or PS.
std::size_t length_of_wide_break(std::string_view text) {
    if (text.starts_with("\xC2\x85")) return 2;
    return text.starts_with("\xE2\x80\xA8") || text.starts_with("\xE2\x80\xA9") ? 3 : 0;
}

std::size_t find_line_end(std::string_view text, std::size_t from) {
    std::size_t at = from;
    do {
        at = text.find_first_of("\r\n\xC2\xE2", at + 1);
    } while (at != std::string_view::npos && static_cast<unsigned char>(text[at]) >= 0x80 &&
             length_of_wide_break(text.substr(at)) == 0);
    return at;
}

/// The first character that is neither blank nor in a comment line.
std::size_t find_content(std::string_view text, std::size_t from) {
    for (std::size_t at = from;;) {
        at = text.find_first_not_of(" \t\r\n", at);
        if (at == std::string_view::npos) return at;
        const std::size_t wide_break = length_of_wide_break(text.substr(at));
        if (wide_break == 0 && text[at] != '#') return at;
        at = wide_break > 0 ? at + wide_break : find_line_end(text, at);
    }
}

}  // namespace

YamlValue read_yaml_document(std::string_view text,
                             std::uint32_t first_line,
                             Arena& arena,
                             const Limits& limits) {
    const auto refused = [&](std::size_t offset, std::string why) {
        return YamlValue{std::nullopt, {{position_of(text, offset, first_line), std::move(why)}}};
    };
    const std::size_t start = find_content(text, 0);
    if (start == std::string_view::npos) return {};
    if (text[start] == '%')
        return refused(start, "a directive (%YAML, %TAG) cannot begin a document of a manifest");
    const std::string_view document = until_document_end(text);
    const std::size_t rest = find_content(text, document.size());
    if (rest != std::string_view::npos && !text.substr(rest).starts_with("..."))
        return refused(rest, "text follows the end of the document");
    return Reader(document, first_line, arena, limits).run();
}

}  // namespace gatefile::tree

// SPDX-License-Identifier: Apache-2.0
//
// The parts of a Config as nodes of a printable tree.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatefile/ir/ir.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::ir {

/// config() is in emit.cpp with all but the rules, which are in emit_rules.cpp.
class Encoder {
public:
    explicit Encoder(tree::Arena& arena) : arena_(arena) {}

    using Fields = std::vector<tree::Entry>;

    static void put(Fields& fields, std::string_view key, const tree::Node& value) {
        fields.push_back({key, {}, value});
    }

    /// Percent-decoded paths need not be UTF-8; such a text is shown encoded again.
    tree::Node text(std::string_view bytes);
    template <typename Number>
    static tree::Node number(Number value) {
        return tree::Node::integer(static_cast<std::int64_t>(value));
    }
    tree::Node map(const Fields& fields) { return tree::Node::map(arena_.copy(fields)); }
    template <typename Range, typename Encode>
    tree::Node list(const Range& range, Encode encode_one) {
        std::vector<tree::Node> items;
        for (const auto& item : range)
            items.push_back(encode_one(item));
        return tree::Node::list(arena_.copy(items));
    }
    tree::Node texts(const std::vector<std::string>& values) {
        return list(values, [&](const std::string& value) { return text(value); });
    }
    void put_texts(Fields& fields, std::string_view key, const std::vector<std::string>& values) {
        if (!values.empty()) put(fields, key, texts(values));
    }
    void put_text(Fields& fields, std::string_view key, const std::optional<std::string>& value) {
        if (value) put(fields, key, text(*value));
    }
    static void put_duration(Fields& fields,
                             std::string_view key,
                             const std::optional<std::chrono::milliseconds>& value) {
        if (value) put(fields, key, number(value->count()));
    }

    tree::Node config(const Config& config);

private:
    tree::Node value_match(const ValueMatch& match);
    tree::Node match(const Match& match);
    tree::Node headers(const std::vector<Header>& headers);
    tree::Node header_change(const HeaderChange& change);
    tree::Node path_change(const PathChange& change);
    tree::Node redirect(const Redirect& redirect);
    tree::Node cors(const CorsPolicy& cors);
    tree::Node external_auth(const ExternalAuth& auth);
    tree::Node extension(const ExtensionFilter& extension);
    tree::Node filter(const Filter& filter);
    tree::Node filters(const std::vector<Filter>& filters);
    tree::Node action(const Action& action);
    tree::Node rule(const Rule& rule);
    tree::Node backend(const Backend& backend);
    tree::Node composite(const Composite& composite);
    tree::Node sources(const std::vector<ListenerId>& sources);
    tree::Node tls(const Tls& tls);
    tree::Node backend_tls(const BackendTls& tls);
    tree::Node certificate(const Certificate& certificate);
    tree::Node options(const std::vector<std::pair<std::string, std::string>>& options);
    tree::Node listener(const Listener& listener);
    tree::Node stream(const Stream& stream);
    tree::Node stream_host(const StreamHost& host);
    tree::Node host(const Host& host);

    tree::Arena& arena_;
};

}  // namespace gatefile::ir

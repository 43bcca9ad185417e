// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "gatefile/analysis/route_test.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::analysis {
namespace {

struct NamedField {
    std::string_view key;
    ExpectedField field;
};
constexpr std::array<NamedField, 8> plain_fields{{{"outcome", ExpectedField::Outcome},
                                                  {"route", ExpectedField::Route},
                                                  {"rule", ExpectedField::Rule},
                                                  {"backend", ExpectedField::Backend},
                                                  {"status", ExpectedField::Status},
                                                  {"location", ExpectedField::Location},
                                                  {"path", ExpectedField::Path},
                                                  {"host", ExpectedField::Host}}};
constexpr std::array<NamedField, 6> header_fields{
    {{"headers.set", ExpectedField::HeaderSet},
     {"headers.added", ExpectedField::HeaderAdded},
     {"headers.removed", ExpectedField::HeaderRemoved},
     {"response.set", ExpectedField::ResponseSet},
     {"response.added", ExpectedField::ResponseAdded},
     {"response.removed", ExpectedField::ResponseRemoved}}};

/// A scalar as text.
std::optional<std::string> scalar(const tree::Node& node) {
    if (node.is_string()) return std::string(node.as_string());
    if (node.is_int()) return std::to_string(node.as_int());
    return std::nullopt;
}

class Reader {
public:
    RouteTests read(const tree::Node& root) {
        if (!root.is_list()) {
            fault(root, "a list of tests is wanted, each with name, request and expect");
            return std::move(out_);
        }
        for (const tree::Node& item : root.items())
            read_test(item);
        return std::move(out_);
    }

private:
    void fault(const tree::Node& node, std::string text) {
        out_.faults.push_back({node.position(), std::move(text)});
    }
    void unknown(const tree::Entry& entry, std::string_view wanted) {
        out_.faults.push_back({entry.key_position,
                               "unknown key " + base::quote_for_message(entry.key) + "; " +
                                   std::string(wanted) + " are known"});
    }

    std::string text(const tree::Node& node, std::string_view what) {
        const auto value = scalar(node);
        if (!value) fault(node, std::string(what) + ": a string is wanted");
        return value.value_or("");
    }

    bool is_map(const tree::Node& node, std::string_view what) {
        if (!node.is_map()) fault(node, std::string(what) + ": a mapping is wanted");
        return node.is_map();
    }

    void read_test(const tree::Node& node) {
        if (!is_map(node, "a test")) return;
        RouteTest test;
        test.at = node.position();
        const std::size_t before = out_.faults.size();
        for (const tree::Entry& entry : node.entries()) {
            if (entry.key == "name") {
                test.name = text(entry.value, "name");
            } else if (entry.key == "request") {
                read_request(entry.value, test);
            } else if (entry.key == "expect") {
                if (is_map(entry.value, "expect")) read_expect(entry.value, test);
            } else {
                unknown(entry, "name, request and expect");
            }
        }
        if (node.find("request") == nullptr) fault(node, "the test has no request");
        if (test.name.empty()) test.name = test.question.method + " " + url_of(test.question);
        if (out_.faults.size() == before) out_.tests.push_back(std::move(test));
    }

    void read_request(const tree::Node& node, RouteTest& test) {
        if (!is_map(node, "request")) return;
        const tree::Node* url = node.find("url");
        if (url == nullptr) return fault(node, "request: url is wanted");
        const tree::Node* method = node.find("method");
        auto question =
            make_question(method == nullptr ? "GET" : text(*method, "method"), text(*url, "url"));
        if (!question) return fault(*url, question.error().text);
        test.question = std::move(*question);
        for (const tree::Entry& entry : node.entries()) {
            if (entry.key == "headers") {
                read_headers(entry.value, test.question);
            } else if (entry.key == "sni") {
                test.question.sni = text(entry.value, "sni");
                if (test.question.sni->empty()) test.question.sni.reset();
            } else if (entry.key == "clientCertificate") {
                test.client_certificate = text(entry.value, "clientCertificate");
            } else if (entry.key == "gateway") {
                read_gateway(entry.value, test.question);
            } else if (entry.key != "url" && entry.key != "method") {
                unknown(entry, "method, url, headers, sni, clientCertificate and gateway");
            }
        }
    }

    void read_headers(const tree::Node& node, Question& question) {
        if (!is_map(node, "headers")) return;
        for (const tree::Entry& entry : node.entries()) {
            const auto add = [&](const tree::Node& value) {
                const std::string line = std::string(entry.key) + ": " + text(value, entry.key);
                if (const auto added = add_header(question, line); !added)
                    fault(value, added.error().text);
            };
            if (!entry.value.is_list()) {
                add(entry.value);
                continue;
            }
            for (const tree::Node& value : entry.value.items())
                add(value);
        }
    }

    void read_gateway(const tree::Node& node, Question& question) {
        const std::string name = text(node, "gateway");
        const auto parts = base::split(name, '/');
        if (parts.size() != 2) return fault(node, "gateway: NS/NAME is wanted");
        question.gateway_ns = parts[0];
        question.gateway = parts[1];
    }

    void read_expect(const tree::Node& node, RouteTest& test) {
        for (const tree::Entry& entry : node.entries()) {
            if (entry.key == "headers" || entry.key == "response") {
                if (is_map(entry.value, entry.key)) read_changes(entry, test);
                continue;
            }
            bool known = false;
            for (const NamedField& field : plain_fields) {
                if (field.key != entry.key) continue;
                known = true;
                test.expected.push_back({field.field, "", values(entry), entry.key_position});
            }
            if (!known) {
                unknown(entry,
                        "outcome, route, rule, backend, status, location, path, host, headers and "
                        "response");
            }
        }
    }

    std::vector<std::string> values(const tree::Entry& entry) {
        if (!entry.value.is_list() || entry.key != "backend") return {text(entry.value, entry.key)};
        std::vector<std::string> out;
        for (const tree::Node& value : entry.value.items())
            out.push_back(text(value, entry.key));
        return out;
    }

    void read_changes(const tree::Entry& group, RouteTest& test) {
        for (const tree::Entry& entry : group.value.entries()) {
            const std::string name = std::string(group.key) + "." + std::string(entry.key);
            const NamedField* field = nullptr;
            for (const NamedField& candidate : header_fields)
                if (candidate.key == name) field = &candidate;
            if (field == nullptr) {
                unknown(entry, "set, added and removed");
            } else if (entry.key == "removed") {
                if (!entry.value.is_list())
                    return fault(entry.value, "removed: a list of names is wanted");
                for (const tree::Node& item : entry.value.items()) {
                    test.expected.push_back(
                        {field->field, text(item, "removed"), {}, item.position()});
                }
            } else if (is_map(entry.value, entry.key)) {
                for (const tree::Entry& header : entry.value.entries()) {
                    test.expected.push_back({field->field,
                                             std::string(header.key),
                                             {text(header.value, header.key)},
                                             header.key_position});
                }
            }
        }
    }

    RouteTests out_;
};

}  // namespace

std::string_view field_name(ExpectedField field) {
    for (const NamedField& named : plain_fields)
        if (named.field == field) return named.key;
    for (const NamedField& named : header_fields)
        if (named.field == field) return named.key;
    return "";
}

RouteTests read_route_tests(const tree::Document& document) {
    return Reader().read(document.root);
}

}  // namespace gatefile::analysis

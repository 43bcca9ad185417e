// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "exit.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/diag/print.hpp"
#include "gatefile/publish/directory.hpp"

namespace gatefile::cli {

namespace {

/// Rules of routes (not their matches, not their variants), and those that answer an error.
struct RuleCount {
    std::size_t served = 0;
    std::size_t refused = 0;
};

RuleCount count_rules(const ir::Config& config) {
    std::set<std::pair<std::size_t, std::size_t>> served;
    std::set<std::pair<std::size_t, std::size_t>> refused;
    for (const ir::Rule& rule : config.rules) {
        const bool fails = std::holds_alternative<ir::Fail>(rule.action);
        (fails ? refused : served).emplace(rule.route, rule.index);
    }
    for (const ir::Stream& stream : config.streams) {
        for (const ir::StreamHost& host : stream.hosts)
            (host.members.empty() ? refused : served).emplace(host.route, 0);
    }
    return {served.size(), refused.size()};
}

std::string reasons(const diag::Diagnostics& diagnostics) {
    std::map<std::string_view, std::size_t> counts;
    for (const diag::Diagnostic& item : diagnostics.items()) {
        const diag::CodeInfo& code = diag::info(item.code);
        if (code.severity == diag::Severity::Error) ++counts[code.name];
    }
    std::string text;
    for (const auto& [name, count] : counts) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, count);
    }
    return text;
}

std::string other_format(const Translation& translation, const Settings& settings) {
    Settings other = settings;
    const bool to_plugin = settings.render.format == traefik::Format::File;
    other.render.format = to_plugin ? traefik::Format::Plugin : traefik::Format::File;
    const auto again = translate(translation.graph.snapshot, other, {});
    if (!again) return "";
    const std::size_t here = count_rules(translation.ir).served;
    const std::size_t there = count_rules(again->ir).served;
    if (there <= here) return "";
    return fmt::format(
        "; --to {} would serve {} more", to_plugin ? "plugin" : "file", there - here);
}

base::Result<void> write_report(const std::string& format,
                                const std::string& file,
                                const diag::Diagnostics& diagnostics,
                                Stream stream) {
    std::string text;
    if (format == "text") {
        text = diag::print_text(diagnostics);
    } else if (format == "json") {
        text = diag::print_json(diagnostics);
    } else {
        return base::Error{
            base::ErrorKind::Usage,
            fmt::format("--report {}: text or json is wanted", base::quote_for_message(format))};
    }
    if (!file.empty()) return publish::replace_file(file, text);
    stream == Stream::Out ? print(text) : print_error(text);
    return {};
}

}  // namespace

base::Result<void> write_reports(const std::vector<std::string>& reports,
                                 const diag::Diagnostics& diagnostics,
                                 Stream stream) {
    if (reports.empty()) return write_report("text", "", diagnostics, stream);
    for (const std::string& report : reports) {
        const std::size_t equals = report.find('=');
        const std::string file = equals == std::string::npos ? "" : report.substr(equals + 1);
        if (auto written = write_report(report.substr(0, equals), file, diagnostics, stream);
            !written) {
            return written;
        }
    }
    return {};
}

std::string summary(const Translation& translation,
                    const Settings& settings,
                    const diag::Diagnostics& while_reading) {
    const RuleCount rules = count_rules(translation.ir);
    std::string text =
        fmt::format("gatefile: {} rules served; {} refused", rules.served, rules.refused);
    std::size_t objects = 0;
    for (const diag::Diagnostic& item : while_reading.items()) {
        if (diag::info(item.code).klass == diag::Class::Refused) ++objects;
    }
    if (objects > 0) text += fmt::format(", {} faults in what was read", objects);
    if (const std::string why = reasons(translation.diagnostics); !why.empty()) {
        text += fmt::format(" ({})", why);
    }
    return text + other_format(translation, settings) + "\n";
}

}  // namespace gatefile::cli

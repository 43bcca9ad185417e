// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "diff_dynamic.hpp"
#include "exit.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/time.hpp"
#include "gatefile/publish/history.hpp"
#include "gatefile/tree/write.hpp"
#include "operate.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

using publish::Generation;
using tree::Node;

/// Nothing of it goes to a disk: there may be keys in it.
base::Result<std::vector<traefik::PublishedFile>> files_of(const std::string& directory,
                                                           const Generation& generation) {
    auto kept = publish::read_generation(directory, generation);
    if (!kept) return kept.error();
    std::vector<traefik::PublishedFile> files;
    for (publish::File& file : *kept)
        files.push_back({std::move(file.name), std::move(file.bytes)});
    return files;
}

int compare(const OperateOptions& options, const std::vector<Generation>& all) {
    const Generation* const chosen = publish::find_generation(all, options.diff);
    const Generation* const current = publish::current_generation(options.out, all);
    if (chosen == nullptr)
        return fail(usage("--diff", options.diff, "one that `gatefile history` lists is wanted"));
    if (current == nullptr)
        return fail({base::ErrorKind::Refused, "what is published now is not one that was kept"});
    const auto before = files_of(options.out, *chosen);
    if (!before) return fail(as_another_user(before.error()));
    const auto after = files_of(options.out, *current);
    if (!after) return fail(as_another_user(after.error()));
    auto differences = diff_files(*before, *after);
    if (!differences) return fail(differences.error());
    print(options.report == "json" ? analysis::print_diff_json(*differences)
                                   : analysis::print_diff_text(*differences));
    return differences->empty() ? exit_ok : exit_findings;
}

std::string print_json(const std::vector<Generation>& all, const Generation* current) {
    tree::Arena arena;
    std::vector<Node> items;
    for (const Generation& one : all) {
        const std::vector<tree::Entry> entries{
            {"number", {}, Node::integer(static_cast<std::int64_t>(one.number))},
            {"id", {}, Node::string(arena.copy(one.id))},
            {"at", {}, Node::string(arena.copy(base::format_rfc3339(one.at)))},
            {"rules", {}, Node::integer(static_cast<std::int64_t>(one.weight))},
            {"bytes", {}, Node::integer(static_cast<std::int64_t>(one.bytes))},
            {"loaded", {}, Node::boolean(one.loaded)},
            {"current", {}, Node::boolean(&one == current)}};
        items.push_back(Node::map(arena.copy(entries)));
    }
    return tree::write_json(Node::list(arena.copy(items)), tree::JsonStyle::Indented);
}

std::string print_text(const std::vector<Generation>& all, const Generation* current) {
    if (all.empty()) return "no generation is kept there\n";
    std::string out = fmt::format("{:>6}  {:<12}  {:<20}  {:>6}  {:>9}  {}\n",
                                  "NUMBER",
                                  "MARK",
                                  "PUBLISHED",
                                  "RULES",
                                  "BYTES",
                                  "");
    for (auto one = all.rbegin(); one != all.rend(); ++one) {
        std::string remark = one->loaded ? "loaded" : "not seen to be loaded";
        if (&*one == current)
            remark += &*one == &all.back() ? ", current" : ", current: rolled back to";
        out += fmt::format("{:>6}  {:<12}  {:<20}  {:>6}  {:>9}  {}\n",
                           one->number,
                           one->id.substr(0, 12),
                           base::format_rfc3339(one->at),
                           one->weight,
                           one->bytes,
                           remark);
    }
    return out;
}

int history(const OperateOptions& options) {
    if (auto checked = check_operate_report(options); !checked) return fail(checked.error());
    if (options.out.empty())
        return fail({base::ErrorKind::Usage, "history: --out DIR of the agent is wanted"});
    std::error_code failed;
    if (!std::filesystem::is_directory(options.out, failed)) {
        return fail({base::ErrorKind::Io,
                     fmt::format("{} is no directory", base::quote_for_message(options.out))});
    }
    const auto kept = publish::list_generations(options.out);
    if (!kept) return fail(as_another_user(kept.error()));
    const std::vector<Generation>& all = *kept;
    if (!options.diff.empty()) return compare(options, all);
    const Generation* const current = publish::current_generation(options.out, all);
    print(options.report == "json" ? print_json(all, current) : print_text(all, current));
    return exit_ok;
}

void add_options(CLI::App& app, OperateOptions& options) {
    app.add_option("-o,--out", options.out, "The directory that the agent publishes into")
        ->type_name("DIR");
    app.add_option("--diff", options.diff, "What changed from this generation to what is published")
        ->type_name("GENERATION");
    add_operate_report(app, options);
}

}  // namespace

void add_history(CLI::App& program, int& code) {
    add_command<OperateOptions>(program,
                                code,
                                "history",
                                "List the generations that an agent has kept",
                                add_options,
                                history);
}

}  // namespace gatefile::cli

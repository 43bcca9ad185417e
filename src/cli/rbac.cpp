// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "exit.hpp"
#include "gatefile/analysis/roles.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/diag/print.hpp"
#include "input.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

struct RbacOptions : Options {
    std::string roles_for = "agent";
    bool reads_bundle = false;
};

/// A label, or several with dots between: what Kubernetes takes for a name in paths.
bool is_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

base::Result<analysis::ServiceAccount> service_account(const Options& options) {
    const auto parts = base::split(options.service_account, '/');
    if (parts.size() != 2 || !is_name(parts[0]) || !is_name(parts[1])) {
        return usage("--service-account", options.service_account, "NS/NAME is wanted");
    }
    return analysis::ServiceAccount{std::string(parts[0]), std::string(parts[1])};
}

base::Result<analysis::SecretScope> secret_scope(const Options& options) {
    if (options.secrets == "names") return analysis::SecretScope::Names;
    if (options.secrets == "namespace") return analysis::SecretScope::Namespace;
    return usage("--secrets", options.secrets, "names or namespace is wanted");
}

int print_roles(const RbacOptions& options) {
    const auto account = service_account(options);
    if (!account) return fail(account.error());
    const auto scope = secret_scope(options);
    if (!scope) return fail(scope.error());
    for (const std::string& ns : options.watch_namespaces) {
        if (!is_name(ns)) return fail(usage("--watch-namespace", ns, "a namespace is wanted"));
    }
    analysis::RoleSettings settings;
    settings.secrets = *scope;
    settings.watch_namespaces = options.watch_namespaces;
    settings.writes_services = !options.gateway_services.empty();
    settings.lease_namespace = account->ns;
    settings.reads_bundle = options.reads_bundle;
    if (options.roles_for == "cleanup") {
        print(analysis::write_roles(analysis::cleanup_roles(settings), *account));
        return exit_ok;
    }
    if (options.roles_for == "member") {
        print(analysis::write_roles(analysis::member_roles(settings), *account));
        return exit_ok;
    }
    if (options.roles_for != "agent") {
        return fail(usage("--for", options.roles_for, "agent, member or cleanup is wanted"));
    }

    diag::Diagnostics reading;
    const auto snapshot = read_objects(options, reading);
    if (!snapshot) return fail(snapshot.error());
    api::locate(**snapshot, reading);
    print_error(diag::print_text(reading));

    graph::Selection selection;
    selection.controller_name = options.controller_name;
    selection.gateway_classes = options.gateway_classes;
    print(analysis::write_roles(analysis::needed_roles(**snapshot, selection, settings), *account));
    return reading.has_errors() ? exit_findings : exit_ok;
}

void add_options(CLI::App& command, RbacOptions& options) {
    add_input_options(command, options, From::Anywhere);
    add_access_options(command, options);
    add_rbac_options(command, options);
    command
        .add_option("--for",
                    options.roles_for,
                    "Whose rights: the agent's, in a cluster beside its home, or those of cleanup")
        ->capture_default_str()
        ->type_name("agent|member|cleanup");
    command.add_flag("--read-bundle-version",
                     options.reads_bundle,
                     "Also the right to see of which release the Gateway API's definitions are");
}

}  // namespace

void add_rbac(CLI::App& program, int& code) {
    add_command<RbacOptions>(
        program, code, "rbac", "The least rights that the agent needs", add_options, print_roles);
}

}  // namespace gatefile::cli

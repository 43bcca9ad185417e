// SPDX-License-Identifier: Apache-2.0
#include "kubeconfig.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "files.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/tree/read.hpp"
#include "kubeconfig_fields.hpp"

namespace gatefile::source {

namespace {

constexpr std::string_view exec_extension_name = "client.authentication.k8s.io/exec";

base::Error fault_in(const std::string& file, tree::Position position, std::string_view text) {
    return {base::ErrorKind::Usage, fmt::format("{}:{}: {}", file, position.line, text)};
}

/// Relative to the file that names it (clientcmd's ResolveLocalPaths).
std::string resolve(std::string path, const std::string& file) {
    if (path.empty() || path.front() == '/') return path;
    const std::size_t slash = file.rfind('/');
    return slash == std::string::npos ? path : file.substr(0, slash + 1) + path;
}

ClusterEntry decode_cluster(const Fields& fields, const std::string& file) {
    ClusterEntry cluster;
    cluster.file = file;
    cluster.server = fields.string("server");
    cluster.tls_server_name = fields.string("tls-server-name");
    cluster.proxy_url = fields.string("proxy-url");
    cluster.insecure_skip_tls_verify = fields.boolean("insecure-skip-tls-verify");
    cluster.certificate_authority = resolve(fields.string("certificate-authority"), file);
    cluster.certificate_authority_data = fields.data("certificate-authority-data");
    for (const Fields& extension : fields.list("extensions")) {
        const tree::Node* node = extension.node("extension");
        if (node != nullptr && extension.string("name") == exec_extension_name) {
            cluster.exec_extension = *node;
        }
    }
    return cluster;
}

ExecEntry decode_exec(const Fields& fields, const std::string& file) {
    ExecEntry exec;
    exec.command = fields.string("command");
    // Without a slash it is looked for in PATH.
    if (exec.command.find('/') != std::string::npos) exec.command = resolve(exec.command, file);
    exec.arguments = fields.strings("args");
    for (const Fields& variable : fields.list("env"))
        exec.environment.emplace_back(variable.string("name"), variable.string("value"));
    exec.api_version = fields.string("apiVersion");
    exec.install_hint = fields.string("installHint");
    exec.interactive_mode = fields.string("interactiveMode");
    exec.provide_cluster_info = fields.boolean("provideClusterInfo");
    return exec;
}

UserEntry decode_user(const Fields& fields, const std::string& file) {
    UserEntry user;
    user.file = file;
    user.client_certificate = resolve(fields.string("client-certificate"), file);
    user.client_certificate_data = fields.data("client-certificate-data");
    user.client_key = resolve(fields.string("client-key"), file);
    user.client_key_data = base::SecretBytes(fields.data("client-key-data"));
    user.token = fields.secret("token");
    user.token_file = resolve(fields.string("tokenFile"), file);
    user.username = fields.string("username");
    user.password = fields.secret("password");
    user.as = fields.string("as");
    user.as_uid = fields.string("as-uid");
    user.as_groups = fields.strings("as-groups");
    user.as_user_extra = fields.string_lists("as-user-extra");
    if (const auto exec = fields.fields("exec")) user.exec = decode_exec(*exec, file);
    if (const auto provider = fields.fields("auth-provider")) {
        user.auth_provider = provider->string("name");
        if (user.auth_provider.empty()) provider->refuse("name", "is missing");
    }
    return user;
}

ContextEntry decode_context(const Fields& fields, const std::string& file) {
    return {.file = file,
            .cluster = fields.string("cluster"),
            .user = fields.string("user"),
            .default_namespace = fields.string("namespace")};
}

/// One of the lists of named entries.
template <typename Decode, typename T>
void merge_named(const Fields& root,
                 std::string_view list,
                 std::string_view key,
                 Decode decode,
                 const std::string& file,
                 std::map<std::string, T>& into) {
    std::map<std::string, T> entries;
    for (const Fields& item : root.list(list)) {
        std::string name = item.string("name");
        const auto fields = item.fields(key);
        T entry = fields ? decode(*fields, file) : T{.file = file};
        if (entries.contains(name)) {
            item.refuse("name", base::quote_for_message(name) + " occurs twice in this file");
        }
        entries.emplace(std::move(name), std::move(entry));
    }
    into.merge(entries);  // what is there already stays
}

void merge_document(Kubeconfig& into,
                    const std::string& file,
                    const tree::Document& document,
                    std::optional<Fields::Fault>& fault) {
    if (!document.root.is_map()) {
        fault = Fields::Fault{document.root.position(), "this is no kubeconfig: a map is expected"};
        return;
    }
    const Fields root(document.root, "", fault);
    const std::string kind = root.string("kind");
    if (!kind.empty() && kind != "Config") {
        root.refuse("kind",
                    fmt::format("is {}, not \"Config\": this is no kubeconfig",
                                base::quote_for_message(kind)));
        return;
    }
    merge_named(root, "clusters", "cluster", decode_cluster, file, into.clusters);
    merge_named(root, "users", "user", decode_user, file, into.users);
    merge_named(root, "contexts", "context", decode_context, file, into.contexts);
    if (into.current_context.empty()) {
        into.current_context = root.string("current-context");
        into.current_context_file = file;
    }
}

}  // namespace

base::Result<void>
merge_kubeconfig(Kubeconfig& into, const std::string& file, std::string_view text) {
    const tree::ReadResult read = tree::read(text, std::make_shared<const std::string>(file));
    if (!read.faults.empty()) {
        const tree::Fault& fault = read.faults.front();
        // What a fault quotes may be part of a secret.
        const std::string_view clause = fault.text;
        return fault_in(file, fault.position, base::trim(clause.substr(0, clause.find('"'))));
    }
    into.files.push_back(file);
    if (read.documents.empty()) return {};
    std::optional<Fields::Fault> fault;
    merge_document(into, file, read.documents.front(), fault);
    if (fault) return fault_in(file, fault->position, fault->text);
    into.documents.push_back(read.documents.front());
    return {};
}

KubeconfigPlaces kubeconfig_places(const std::optional<std::string>& option,
                                   const std::map<std::string, std::string>& environment) {
    if (option) return {.files = {*option}, .named_by = "--kubeconfig", .must_exist = true};
    KubeconfigPlaces places;
    const auto list = environment.find("KUBECONFIG");
    if (list != environment.end() && !list->second.empty()) {
        places.named_by = "KUBECONFIG";
        for (const std::string_view name : base::split(list->second, ':')) {
            const bool known =
                std::find(places.files.begin(), places.files.end(), name) != places.files.end();
            if (!name.empty() && !known) places.files.emplace_back(name);
        }
        return places;
    }
    places.named_by = "HOME";
    const auto home = environment.find("HOME");
    if (home != environment.end() && !home->second.empty()) {
        places.files.push_back(home->second + "/.kube/config");
    }
    return places;
}

base::Result<Kubeconfig> load_kubeconfig(const KubeconfigPlaces& places) {
    Kubeconfig config;
    for (const std::string& file : places.files) {
        struct stat status {};
        if (!places.must_exist && stat(file.c_str(), &status) != 0 &&
            (errno == ENOENT || errno == ENOTDIR)) {
            continue;
        }
        const auto text = read_file(file);
        if (!text) {
            return text.error().within(
                fmt::format("reading the kubeconfig {} (named by {})", file, places.named_by));
        }
        if (auto merged = merge_kubeconfig(config, file, *text); !merged) return merged.error();
    }
    return config;
}

}  // namespace gatefile::source

// SPDX-License-Identifier: Apache-2.0
#include "exec_credential.hpp"

#include <array>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/base/x509.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"
#include "kubeconfig_fields.hpp"

namespace gatefile::source {

namespace {

constexpr std::string_view v1 = "client.authentication.k8s.io/v1";
constexpr std::string_view v1beta1 = "client.authentication.k8s.io/v1beta1";
constexpr std::size_t max_install_hint = 1000;

base::Error usage(std::string text) {
    return {base::ErrorKind::Usage, std::move(text)};
}

tree::Node cluster_node(const ClusterEntry& cluster, std::string_view ca_pem, tree::Arena& arena) {
    const auto text = [&](std::string_view value) { return tree::Node::string(arena.copy(value)); };
    std::vector<tree::Entry> entries = {{"server", {}, text(cluster.server)}};
    if (!cluster.tls_server_name.empty())
        entries.push_back({"tls-server-name", {}, text(cluster.tls_server_name)});
    if (cluster.insecure_skip_tls_verify)
        entries.push_back({"insecure-skip-tls-verify", {}, tree::Node::boolean(true)});
    if (!ca_pem.empty())
        entries.push_back({"certificate-authority-data", {}, text(base::encode_base64(ca_pem))});
    if (!cluster.proxy_url.empty()) entries.push_back({"proxy-url", {}, text(cluster.proxy_url)});
    if (cluster.exec_extension) entries.push_back({"config", {}, *cluster.exec_extension});
    return tree::Node::map(arena.copy(entries));
}

}  // namespace

base::Result<void> check_exec_entry(const ExecEntry& exec) {
    if (exec.command.empty()) return usage("exec.command is missing");
    if (exec.api_version.empty()) return usage("exec.apiVersion is missing");
    if (exec.api_version != v1 && exec.api_version != v1beta1) {
        return usage(fmt::format("exec.apiVersion is {}; {} and {} are supported",
                                 base::quote_for_message(exec.api_version),
                                 v1,
                                 v1beta1));
    }
    for (const auto& [name, value] : exec.environment) {
        if (name.empty() || name.find('=') != std::string::npos) {
            return usage("exec.env has an entry whose name is no name of a variable");
        }
    }
    const std::string& mode = exec.interactive_mode;
    if (mode.empty() && exec.api_version == v1) {
        return usage("exec.interactiveMode is missing, which v1 requires: Never or IfAvailable");
    }
    if (mode == "Always") {
        return usage("exec.interactiveMode is Always, but nobody can be asked here; log in by "
                     "other means, or use a program that needs no terminal");
    }
    if (!mode.empty() && mode != "Never" && mode != "IfAvailable") {
        return usage(fmt::format("exec.interactiveMode is {}; it must be Never, IfAvailable or "
                                 "Always",
                                 base::quote_for_message(mode)));
    }
    return {};
}

std::string
make_exec_info(const ExecEntry& exec, const ClusterEntry& cluster, std::string_view ca_pem) {
    tree::Arena arena;
    std::vector<tree::Entry> spec = {{"interactive", {}, tree::Node::boolean(false)}};
    if (exec.provide_cluster_info)
        spec.push_back({"cluster", {}, cluster_node(cluster, ca_pem, arena)});
    const std::array<tree::Entry, 3> root = {
        tree::Entry{"apiVersion", {}, tree::Node::string(exec.api_version)},
        tree::Entry{"kind", {}, tree::Node::string("ExecCredential")},
        tree::Entry{"spec", {}, tree::Node::map(spec)}};
    std::string text = tree::write_json(tree::Node::map(root), tree::JsonStyle::Compact);
    text.erase(text.find_last_not_of('\n') + 1);
    return text;
}

base::Result<ExecCredential> parse_exec_credential(std::string_view text,
                                                   const std::string& api_version) {
    const tree::ReadResult read =
        tree::read(text, std::make_shared<const std::string>("ExecCredential"));
    if (!read.faults.empty() || read.documents.size() != 1 ||
        !read.documents.front().root.is_map()) {
        return usage("it printed no ExecCredential");
    }
    std::optional<Fields::Fault> fault;
    const Fields root(read.documents.front().root, "", fault);
    const std::string kind = root.string("kind");
    const std::string version = root.string("apiVersion");
    const auto status = root.fields("status");
    ExecCredential credential;
    std::string expires;
    if (status) {
        credential.token = status->secret("token");
        credential.certificate_pem = status->string("clientCertificateData");
        credential.key_pem = status->secret("clientKeyData");
        expires = status->string("expirationTimestamp");
    }
    if (fault) return usage("in what it printed, " + fault->text);
    if (kind != "ExecCredential" || version != api_version) {
        return usage(fmt::format("it printed {} {}, but ExecCredential {} was asked for",
                                 base::quote_for_message(kind),
                                 base::quote_for_message(version),
                                 api_version));
    }
    if (credential.certificate_pem.empty() != credential.key_pem.empty()) {
        return usage("it printed only one of clientCertificateData and clientKeyData");
    }
    if (credential.token.empty() && credential.certificate_pem.empty()) {
        return usage("it printed neither a token nor a client certificate");
    }
    if (!credential.certificate_pem.empty()) {
        const auto pair =
            base::check_key_pair(credential.certificate_pem, credential.key_pem.reveal());
        if (!pair) return pair.error().within("the client certificate that it printed");
    }
    if (!expires.empty()) {
        credential.expires = base::parse_rfc3339(expires);
        if (!credential.expires) return usage("the expirationTimestamp that it printed is no time");
    }
    return credential;
}

Program
exec_program(const ExecEntry& exec, const ClusterEntry& cluster, std::string_view ca_pem) {
    Program program{.command = exec.command, .arguments = exec.arguments};
    program.environment.emplace_back("KUBERNETES_EXEC_INFO", make_exec_info(exec, cluster, ca_pem));
    program.environment.insert(
        program.environment.end(), exec.environment.begin(), exec.environment.end());
    return program;
}

base::Result<ExecCredential> exec_credential(const ExecEntry& exec,
                                             const base::Result<std::string>& printed) {
    if (!printed) {
        const bool missing = printed.error().kind == base::ErrorKind::Unsupported;
        if (!missing || exec.install_hint.empty()) return printed.error();
        return base::Error{
            printed.error().kind,
            fmt::format("{}; the kubeconfig says: {}",
                        printed.error().text,
                        base::quote_for_message(exec.install_hint, max_install_hint))};
    }
    auto credential = parse_exec_credential(*printed, exec.api_version);
    if (!credential) return credential.error().within(base::quote_for_message(exec.command));
    return credential;
}

}  // namespace gatefile::source

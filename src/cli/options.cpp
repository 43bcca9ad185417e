// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <cctype>

#include <CLI/CLI.hpp>

namespace gatefile::cli {

void add_input_options(CLI::App& app, Options& options, From from) {
    CLI::Option* files = app.add_option("-f,--filename",
                                        options.files,
                                        "File or directory of manifests, - for standard input")
                             ->type_name("FILE|DIR|-")
                             ->delimiter(',');
    if (from == From::Manifests) {
        files->required();
        add_context_options(app, options);
    }
    app.add_flag("-R,--recursive", options.recursive, "Also read the directories below");
    app.add_option("-n,--namespace", options.namespace_name, "Namespace of objects that name none")
        ->type_name("NS");
    add_selection_options(app, options);
    app.add_option("--status-address",
                   options.status_addresses,
                   "What Gateways report as their address (behind a load balancer or NAT)")
        ->type_name("ADDRESS");
    app.add_option("--publish-service",
                   options.publish_service,
                   "The Service whose addresses Gateways report as theirs")
        ->type_name("NS/NAME");
    app.add_option("--namespace-label",
                   options.namespace_labels,
                   "A label of a Namespace that is not in the manifests")
        ->type_name("NS=KEY=VALUE");
    app.add_option("--backends",
                   options.backends,
                   "How Services are reached: auto, endpoints, clusterip, nodeport, loadbalancer, "
                   "dns or map=FILE")
        ->capture_default_str()
        ->type_name("MODE");
    app.add_option("--backend-map", options.backend_map, "The URL that stands for a Service")
        ->type_name("NS/SERVICE[:PORT]=URL");
    app.add_option("--node-address", options.node_addresses, "A node for --backends nodeport")
        ->type_name("ADDRESS");
    app.add_flag(
        "--allow-external-name", options.allow_external_name, "Follow ExternalName Services");
}

void add_selection_options(CLI::App& app, Options& options) {
    app.add_option("--controller-name", options.controller_name, "controllerName of our classes")
        ->capture_default_str()
        ->type_name("NAME");
    app.add_option(
           "--gateway-class", options.gateway_classes, "Serve only Gateways of these classes")
        ->type_name("NAME");
    app.add_option("--gateway-selector",
                   options.gateway_selector,
                   "Serve only Gateways with these labels, written as for kubectl")
        ->type_name("SELECTOR");
}

void add_context_options(CLI::App& app, Options& options) {
    app.add_option("--with", options.with, "Objects that count but are not reported on")
        ->type_name("FILE|DIR")
        ->delimiter(',');
    app.add_option("--crds",
                   options.crds,
                   "CustomResourceDefinitions to judge by in place of gatefile's own")
        ->type_name("FILE|DIR");
}

void add_complete_option(CLI::App& app, Options& options) {
    app.add_flag("--complete", options.complete, "There is nothing but what is read");
}

void add_traefik_options(CLI::App& app, Options& options) {
    app.add_option("--to", options.to, "Output format: file (YAML) or plugin (JSON)")
        ->type_name("file|plugin");
    app.add_option("--traefik-config", options.traefik_config, "Traefik's static configuration")
        ->type_name("FILE");
    app.add_option("--traefik-args",
                   options.traefik_args,
                   "Traefik's command line, or a Deployment or DaemonSet that has it")
        ->type_name("FILE");
    app.add_option("--traefik-version",
                   options.traefik_version,
                   "Which Traefik it is for, where that is not told elsewhere")
        ->type_name("X.Y.Z");
    app.add_option("--entrypoint", options.entry_points, "An entry point that Traefik has")
        ->type_name("NAME=ADDRESS");
    app.add_option("--slot", options.slots, "Entry points that one Gateway may own")
        ->type_name("NAME=EP,EP...");
    app.add_option("--port-map", options.port_map, "Entry-point ports that serve listener ports")
        ->delimiter(',')
        ->type_name("80=8000,443=8443");
    app.add_option("--coexist",
                   options.coexist,
                   "Rank below (yield) or above (win) other providers' routers")
        ->capture_default_str()
        ->type_name("yield|win");
    app.add_option(
           "--default-certificate",
           options.default_certificate,
           "Traefik's default certificate: a PEM file with chain and key, or one of our own")
        ->type_name("own|FILE");
    app.add_flag(
        "--approximate", options.approximate, "Serve what is nearest where Traefik has no equal");
}

void add_output_options(CLI::App& app, Options& options) {
    app.add_option("-o,--out", options.out, "Directory to publish into, - for standard output")
        ->type_name("DIR|-");
    app.add_option("--keys", options.keys, "Where private keys go: inline, omit or files=DIR")
        ->type_name("WHERE");
    app.add_option("--file-mode", options.file_mode, "Mode of published files")
        ->capture_default_str()
        ->type_name("MODE");
    app.add_option("--file-group", options.file_group, "Group of published files")
        ->type_name("GROUP");
    app.add_option(
           "--status", options.status, "Write the objects' status here, - for standard output")
        ->type_name("FILE|-");
}

void add_convert_options(CLI::App& app, Options& options) {
    app.add_flag("--allow-shrink", options.allow_shrink, "Publish even if most of it is gone");
    app.add_flag("--strict", options.strict, "Write nothing if there is any error");
    app.add_option("--verify", options.verify, "Write nothing; say whether DIR is up to date")
        ->type_name("DIR");
    app.add_option("--emit", options.emit, "Print a stage instead: graph, ir or dynamic")
        ->type_name("STAGE");
}

void add_color_option(CLI::App& app, Options& options) {
    app.add_option("--color", options.color, "Whether text is coloured")
        ->capture_default_str()
        ->type_name("auto|always|never");
}

void add_report_options(CLI::App& app, Options& options) {
    app.add_option("--report",
                   options.reports,
                   "Diagnostics as text, brief, json, sarif, github, gitlab or junit, to a file if "
                   "one is named")
        ->type_name("FORMAT[=FILE]");
    add_color_option(app, options);
    app.add_option("--ignore", options.ignores, "Findings that are not reported")
        ->type_name("CODE[@KIND/NS/NAME]");
    app.add_option("--fail-on", options.fail_on, "Exit with 1 on findings of this kind or worse")
        ->capture_default_str()
        ->type_name("error|warning|note");
    app.add_option("--baseline", options.baseline, "A file of findings that are not reported again")
        ->type_name("FILE");
    app.add_option("--now", options.now, "The moment to judge certificates at (RFC 3339)")
        ->type_name("TIME");
}

void add_baseline_options(CLI::App& app, Options& options) {
    app.add_option("--write-baseline",
                   options.write_baseline,
                   "Write all findings here, for --baseline, and exit with 0")
        ->type_name("FILE");
}

void add_access_options(CLI::App& app, Options& options) {
    app.add_option("--from",
                   options.from,
                   "What is followed: files, a cluster, or several by their contexts, of which the "
                   "first has the Gateways")
        ->default_str("files")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("files|cluster|cluster:CONTEXT");
    app.add_option("--cluster-weight",
                   options.cluster_weights,
                   "Share of a cluster beside the others; 0 stands by until these have nothing (1)")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("CONTEXT=WEIGHT");
    app.add_option("--kubeconfig",
                   options.kubeconfig,
                   "Where the API server is; else KUBECONFIG, "
                   "~/.kube/config, the ServiceAccount")
        ->type_name("FILE");
    app.add_option("--context", options.context, "The kubeconfig's context")->type_name("NAME");
    app.add_flag("--allow-exec", options.allow_exec, "Run programs that the kubeconfig names");
}

void add_cluster_options(CLI::App& app, Options& options) {
    app.add_option(
           "--watch-namespace", options.watch_namespaces, "A namespace to watch; all without it")
        ->type_name("NS");
    app.add_flag("--no-status", options.no_status, "Write nothing to the cluster");
    app.add_option("--lease", options.lease, "The Lease by which agents agree on who writes status")
        ->type_name("[NS/]NAME");
    app.add_option("--gateway-services",
                   options.gateway_services,
                   "Make a Service of this type for each Gateway")
        ->type_name("ClusterIP|LoadBalancer|NodePort");
    app.add_option("--gateway-service-address",
                   options.gateway_service_addresses,
                   "Where these Services lead: an IP of Traefik; else the address of the slot")
        ->type_name("IP");
    app.add_option("--listen", options.listen, "Address for /livez, /readyz, /metrics and the page")
        ->type_name("ADDRESS");
    app.add_flag("--no-page", options.no_page, "No page of what is routed at / of that address");
}

void add_agent_options(CLI::App& app, Options& options) {
    app.add_option(
           "--poll", options.poll, "Also read the manifests this often (where no events come)")
        ->type_name("DURATION");
    app.add_option("--debounce", options.debounce, "Quiet time after a change (30ms)")
        ->type_name("DURATION");
    app.add_option("--grace", options.grace, "How long an unexplained absence is held back (30s)")
        ->type_name("DURATION");
    app.add_option("--traefik-api", options.traefik_api, "Traefik's API, to see what it has loaded")
        ->type_name("URL");
    app.add_option("--control",
                   options.control,
                   "Socket for status, pause, rollback and the like (DIR/.gatefile/agent.sock)")
        ->type_name("PATH|none");
    app.add_option("--history", options.history, "How many generations are kept for a rollback")
        ->capture_default_str()
        ->type_name("COUNT");
    app.add_option("--state-dir",
                   options.state_dir,
                   "Keep the last good output here, with keys, for a start with an empty --out")
        ->type_name("DIR");
    app.add_option("--startup-timeout",
                   options.startup_timeout,
                   "How long Traefik may be kept waiting for something to serve (10s)")
        ->type_name("DURATION");
    app.add_option("--log-format", options.log_format, "common or json")
        ->capture_default_str()
        ->type_name("common|json");
    app.add_option("--log-level", options.log_level, "debug, info, warn or error")
        ->capture_default_str()
        ->type_name("debug|info|warn|error");
}

void add_static_options(CLI::App& app, Options& options) {
    app.add_option("-o,--out", options.out, "The directory that gatefile will publish into")
        ->type_name("DIR");
    app.add_option("--write-plugin",
                   options.write_plugin,
                   "Install the provider plugin below Traefik's working directory")
        ->type_name("DIR");
}

void add_rbac_options(CLI::App& app, Options& options) {
    app.add_option("--secrets",
                   options.secrets,
                   "Secrets that may be read: those referred to (names), or all beside them "
                   "(namespace)")
        ->capture_default_str()
        ->type_name("names|namespace");
    app.add_option("--gateway-services",
                   options.gateway_services,
                   "The agent makes a Service of this type for each Gateway")
        ->type_name("ClusterIP|LoadBalancer|NodePort");
    app.add_option("--service-account", options.service_account, "Whom the agent runs as")
        ->type_name("NS/NAME")
        ->required();
    app.add_option(
           "--watch-namespace", options.watch_namespaces, "A namespace to watch; all without it")
        ->type_name("NS");
}

void add_environment(CLI::App& app) {
    for (CLI::Option* option : app.get_options()) {
        if (option->get_lnames().empty() || option->get_lnames().front() == "help") continue;
        std::string name = "GATEFILE_";
        for (const char c : option->get_lnames().front()) {
            name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        }
        option->envname(name);
    }
}

}  // namespace gatefile::cli

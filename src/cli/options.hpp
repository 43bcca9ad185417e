// SPDX-License-Identifier: Apache-2.0
//
// The options that commands share, as written on the command line or in GATEFILE_… variables. What
// they mean is settings.hpp's matter.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace gatefile::cli {

struct Options {
    // What is read.
    std::vector<std::string> files;
    bool recursive = false;
    std::string namespace_name;
    std::vector<std::string> with;
    std::string crds;
    bool complete = false;

    // Whose objects are ours, how backends are reached.
    std::string controller_name = "gatefile.dev/gateway-controller";
    std::vector<std::string> gateway_classes;
    std::vector<std::string> namespace_labels;
    std::string backends = "auto";
    std::vector<std::string> backend_map;
    std::vector<std::string> node_addresses;
    bool allow_external_name = false;

    // What Traefik has.
    std::string to;
    std::string traefik_config;
    std::string traefik_args;
    std::string traefik_version;
    std::vector<std::string> entry_points;
    std::vector<std::string> slots;
    std::vector<std::string> port_map;
    std::string coexist = "yield";
    std::string default_certificate;
    bool approximate = false;

    // What is written.
    std::string out;
    std::string keys;
    std::string file_mode = "0600";
    std::string file_group;
    bool allow_shrink = false;
    bool strict = false;
    std::string verify;
    std::string status;
    std::string emit;
    std::vector<std::string> reports;
    std::vector<std::string> ignores;
    std::string fail_on = "error";
    std::string baseline;
    std::string write_baseline;
    std::string now;

    // What is published for other Traefiks.
    std::vector<std::string> publish;
    std::string publish_token_file;
    std::string publish_certificate;
    std::string publish_key;
    std::string publish_ca;
    std::string publish_client_certificate;
    std::string publish_client_key;
    std::string publish_user;
    std::string publish_password_file;

    // The agent.
    std::vector<std::string> from;  ///< none: files
    std::vector<std::string> cluster_weights;
    std::string kubeconfig;
    std::string context;
    bool allow_exec = false;
    std::string gateway_selector;
    std::vector<std::string> status_addresses;
    std::string publish_service;
    std::string gateway_services;
    std::vector<std::string> gateway_service_addresses;
    bool no_status = false;
    std::string lease;
    std::string listen;
    bool no_page = false;
    std::string poll;
    std::string debounce;
    std::string grace;
    std::string traefik_api;
    std::string control;
    std::size_t history = 10;
    std::string state_dir;
    std::string startup_timeout;
    std::string log_format = "common";
    std::string log_level = "info";

    // The static configuration.
    std::string write_plugin;

    // Roles.
    std::string secrets = "names";
    std::string service_account;
    std::vector<std::string> watch_namespaces;

    // How text looks.
    std::string color = "auto";
};

/// What is read: manifests, or (the agent) a cluster too.
enum class From { Manifests, Anywhere };
void add_input_options(CLI::App& app, Options& options, From from = From::Manifests);
/// Which Gateways are ours; part of add_input_options().
void add_selection_options(CLI::App& app, Options& options);
/// What manifests are judged beside and by; part of add_input_options() for From::Manifests.
void add_context_options(CLI::App& app, Options& options);
/// --complete, for commands that tell what is not known.
void add_complete_option(CLI::App& app, Options& options);
void add_traefik_options(CLI::App& app, Options& options);
void add_output_options(CLI::App& app, Options& options);
void add_convert_options(CLI::App& app, Options& options);
void add_color_option(CLI::App& app, Options& options);
void add_report_options(CLI::App& app, Options& options);
void add_baseline_options(CLI::App& app, Options& options);
void add_access_options(CLI::App& app, Options& options);
void add_cluster_options(CLI::App& app, Options& options);
void add_agent_options(CLI::App& app, Options& options);
void add_publish_options(CLI::App& app, Options& options);
void add_static_options(CLI::App& app, Options& options);
void add_rbac_options(CLI::App& app, Options& options);

/// Gives every option of a command its GATEFILE_… twin.
void add_environment(CLI::App& app);

}  // namespace gatefile::cli

// SPDX-License-Identifier: Apache-2.0
//
// server.py, started once for all tests of this program, and a loop that drives a client.
#pragma once

#include <cstdio>
#include <functional>
#include <string>

#include "gatefile/http/client.hpp"

namespace gatefile::http {

class LocalServer {
public:
    static const LocalServer& get();

    std::string plain(const std::string& path) const;
    /// By address; its certificate is for api.test.
    std::string tls(const std::string& path) const;
    std::string silent(const std::string& scheme) const;
    std::string proxy() const;
    int plain_port() const { return plain_port_; }
    int tls_port() const { return tls_port_; }
    std::string path(const std::string& name) const { return directory_ + '/' + name; }
    std::string file(const std::string& name) const;

    /// Trusts the server, and calls it by its name.
    Peer peer() const;

    LocalServer(const LocalServer&) = delete;
    LocalServer& operator=(const LocalServer&) = delete;

private:
    LocalServer();
    ~LocalServer();

    std::string directory_;
    FILE* output_ = nullptr;
    int process_ = 0;
    int plain_port_ = 0;
    int tls_port_ = 0;
    int silent_port_ = 0;
    int proxy_port_ = 0;
};

/// Turns the client until `until` is true; false when that takes more than ten seconds.
bool drive(Client& client, const std::function<bool()>& until);
/// Starts a call and drives the client to its end.
Answer ask(Client& client, Call call);

}  // namespace gatefile::http

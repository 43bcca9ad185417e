// SPDX-License-Identifier: Apache-2.0
//
// What every request of this program has in common, whoever runs it: http and https over HTTP/1.1,
// no redirects, no proxies from the environment, dead connections noticed.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "gatefile/base/result.hpp"
#include "gatefile/http/client.hpp"

namespace gatefile::http {

struct EasyDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using EasyHandle = std::unique_ptr<CURL, EasyDeleter>;

struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

void append(List& list, const std::string& line);

/// False when libcurl cannot be used at all.
bool start_libcurl();

/// A handle with the common options; null when there is no memory.
EasyHandle make_easy_handle();

/// Certificates, key and proxy. What the handle is given points into `peer`.
void set_peer(CURL* easy, const Peer& peer);

/// Where a request goes when the peer is asked for under another name.
struct Renamed {
    std::string url;         ///< with the server name for a host
    std::string connect_to;  ///< CURLOPT_CONNECT_TO: to where the URL said
    std::string host;        ///< the Host header that the URL stood for
};
/// An Error when `url` is no URL, or `server_name` no name.
base::Result<Renamed> rename_server(const std::string& url, const std::string& server_name);

}  // namespace gatefile::http

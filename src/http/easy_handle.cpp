// SPDX-License-Identifier: Apache-2.0
#include "easy_handle.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string_view>

#include <fmt/format.h>

#include "authorities.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::http {

namespace {

constexpr long keepalive_idle_seconds = 30;
constexpr long keepalive_interval_seconds = 5;
/// Also how long keepalive probes may go unanswered (tcp(7)).
constexpr unsigned int user_timeout_milliseconds = 45000;

int configure_socket(void*, curl_socket_t socket, curlsocktype) {
    // A socket that cannot have it (no TCP) is as good without.
    setsockopt(socket,
               IPPROTO_TCP,
               TCP_USER_TIMEOUT,
               &user_timeout_milliseconds,
               sizeof user_timeout_milliseconds);
    return CURL_SOCKOPT_OK;
}

void set_blob(CURL* easy, CURLoption option, std::string_view bytes) {
    // libcurl does not write to it; the type is shared with options that do.
    curl_blob blob{const_cast<char*>(bytes.data()), bytes.size(), CURL_BLOB_NOCOPY};
    curl_easy_setopt(easy, option, &blob);
}

struct UrlDeleter {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, UrlDeleter>;

std::string part(CURLU* url, CURLUPart which, unsigned int flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return "";
    std::string copy(text);
    curl_free(text);
    return copy;
}

}  // namespace

void append(List& list, const std::string& line) {
    if (curl_slist* longer = curl_slist_append(list.get(), line.c_str())) {
        static_cast<void>(list.release());
        list.reset(longer);
    }
}

bool start_libcurl() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    return started == CURLE_OK;
}

EasyHandle make_easy_handle() {
    EasyHandle easy(curl_easy_init());
    if (!easy) return easy;
    CURL* const handle = easy.get();
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "gatefile/" GATEFILE_VERSION);
    curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    // A name server that does not answer must not hold up whoever cancels.
    curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
    // Empty, not unset: unset means http_proxy and no_proxy of the environment.
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "");
    curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(handle, CURLOPT_TCP_KEEPIDLE, keepalive_idle_seconds);
    curl_easy_setopt(handle, CURLOPT_TCP_KEEPINTVL, keepalive_interval_seconds);
    curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, configure_socket);
    if (const std::string file = system_authorities(); !file.empty()) {
        curl_easy_setopt(handle, CURLOPT_CAINFO, file.c_str());
        curl_easy_setopt(handle, CURLOPT_PROXY_CAINFO, file.c_str());
    }
    return easy;
}

void set_peer(CURL* easy, const Peer& peer) {
    if (!peer.verify) {
        for (const CURLoption option : {CURLOPT_SSL_VERIFYPEER,
                                        CURLOPT_SSL_VERIFYHOST,
                                        CURLOPT_PROXY_SSL_VERIFYPEER,
                                        CURLOPT_PROXY_SSL_VERIFYHOST}) {
            curl_easy_setopt(easy, option, 0L);
        }
    }
    if (!peer.verify_name) curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    if (!peer.ca_pem.empty()) {
        // Debian's libcurl has a directory of authorities besides, which the blob does not replace.
        for (const CURLoption option :
             {CURLOPT_CAINFO, CURLOPT_CAPATH, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH}) {
            curl_easy_setopt(easy, option, nullptr);
        }
        // client-go has one TLS configuration for the server and for an https:// proxy.
        set_blob(easy, CURLOPT_CAINFO_BLOB, peer.ca_pem);
        set_blob(easy, CURLOPT_PROXY_CAINFO_BLOB, peer.ca_pem);
    }
    if (!peer.certificate_pem.empty()) {
        set_blob(easy, CURLOPT_SSLCERT_BLOB, peer.certificate_pem);
        set_blob(easy, CURLOPT_SSLKEY_BLOB, peer.key_pem.reveal());
    }
    if (!peer.proxy.empty()) {
        // Go leaves names to a SOCKS proxy; libcurl calls that socks5h.
        constexpr std::string_view socks = "socks5://";
        const bool is_socks = peer.proxy.starts_with(socks);
        const std::string proxy =
            is_socks ? "socks5h://" + peer.proxy.substr(socks.size()) : peer.proxy;
        curl_easy_setopt(easy, CURLOPT_PROXY, proxy.c_str());
    }
}

base::Result<Renamed> rename_server(const std::string& url, const std::string& server_name) {
    const UrlHandle parsed(curl_url());
    if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
        return base::Error{base::ErrorKind::Usage,
                           base::quote_for_message(url) + " is not a URL that can be asked"};
    }
    const std::string host = part(parsed.get(), CURLUPART_HOST);  // an IPv6 address in brackets
    const std::string port = part(parsed.get(), CURLUPART_PORT);
    Renamed renamed;
    renamed.host = port.empty() ? host : fmt::format("{}:{}", host, port);
    renamed.connect_to =
        fmt::format("::{}:{}", host, part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT));
    const bool is_ipv6 = server_name.find(':') != std::string::npos && server_name[0] != '[';
    const std::string name = is_ipv6 ? '[' + server_name + ']' : server_name;
    if (curl_url_set(parsed.get(), CURLUPART_HOST, name.c_str(), 0) != CURLUE_OK) {
        return base::Error{base::ErrorKind::Usage,
                           fmt::format("{} cannot be the name of a server (tls-server-name)",
                                       base::quote_for_message(server_name))};
    }
    renamed.url = part(parsed.get(), CURLUPART_URL);
    return renamed;
}

}  // namespace gatefile::http

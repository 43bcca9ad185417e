// SPDX-License-Identifier: Apache-2.0
#include "failure.hpp"

#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

namespace gatefile::http {

namespace {

std::string seconds(std::chrono::milliseconds duration) {
    return fmt::format("{:g} s", static_cast<double>(duration.count()) / 1000.0);
}

/// libcurl's sentence without the full stop and line ends that some of them have.
std::string clause(CURLcode code, const char* details) {
    std::string_view text = *details != '\0' ? details : curl_easy_strerror(code);
    while (!text.empty() && (text.back() == '.' || text.back() == '\n' || text.back() == ' '))
        text.remove_suffix(1);
    return std::string(text);
}

/// libcurl 7.88 says "Couldn't connect to server", and the reason only here.
std::string system_reason(CURL* easy) {
    long error = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
    return error == 0
               ? ""
               : fmt::format(" ({})", std::generic_category().message(static_cast<int>(error)));
}

/// Whether there was a connection on which the request was or could have been sent.
bool was_connected(CURL* easy) {
    curl_off_t sent_after = 0;
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &sent_after);
    return sent_after > 0;
}

/// How the peer ended the connection, by what libcurl and OpenSSL say.
Ending ending_of(CURLcode code, std::string_view text) {
    if (code == CURLE_GOT_NOTHING) return Ending::Closed;
    if (code != CURLE_SSL_CONNECT_ERROR && code != CURLE_RECV_ERROR && code != CURLE_SEND_ERROR)
        return Ending::Other;
    // A server that checks the client's certificate last (TLS 1.3) refuses after the handshake.
    const auto says = [text](std::string_view part) { return text.find(part) != text.npos; };
    if (says(" alert ")) return Ending::Alert;
    if (code != CURLE_SSL_CONNECT_ERROR) return Ending::Closed;
    // Not what speaks something else than TLS.
    const bool closed =
        says("SSL_ERROR_SYSCALL") || says("ZERO_RETURN") || says("reset") || says("unexpected eof");
    return closed ? Ending::Handshake : Ending::Other;
}

CallError describe_timeout(CURL* easy, const Call& call) {
    if (was_connected(easy)) {
        return {Failure::TimedOut, "no complete answer within " + seconds(call.timeout)};
    }
    const bool whole = call.timeout.count() > 0 && call.timeout < call.connect_timeout;
    return {Failure::Unreachable,
            "no connection within " + seconds(whole ? call.timeout : call.connect_timeout)};
}

}  // namespace

CallError describe_failure(CURL* easy, CURLcode code, const char* details, const Call& call) {
    const std::string text = clause(code, details);
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return describe_timeout(easy, call);
    case CURLE_UNSUPPORTED_PROTOCOL:  // of the URL, or: not even HTTP/1.0
        if (was_connected(easy)) return {Failure::Broken, "what came is no HTTP"};
        return {Failure::Unreachable, text};
    case CURLE_URL_MALFORMAT:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_PROXY:
        return {Failure::Unreachable, text};
    case CURLE_COULDNT_CONNECT:
        return {Failure::Unreachable, text + system_reason(easy)};
    case CURLE_PEER_FAILED_VERIFICATION:
        return {Failure::Untrusted, text};
    case CURLE_SSL_CACERT_BADFILE:
        return {Failure::Untrusted, "the CA certificates cannot be used: " + text};
    case CURLE_SSL_CERTPROBLEM:
        return {Failure::Untrusted, "the client certificate or its key cannot be used: " + text};
    case CURLE_SSL_CONNECT_ERROR:
        return {Failure::Broken, "the TLS handshake failed: " + text, ending_of(code, text)};
    default:  // libcurl has about a hundred
        break;
    }
    long proxy_status = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    if (proxy_status != 0 && proxy_status / 100 != 2) {
        return {Failure::Unreachable,
                fmt::format("the proxy answered {} when asked for a tunnel", proxy_status)};
    }
    return {Failure::Broken, text, ending_of(code, text)};
}

}  // namespace gatefile::http

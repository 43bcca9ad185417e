// SPDX-License-Identifier: Apache-2.0
#include "gatefile/http/request.hpp"

#include <curl/curl.h>

#include "easy_handle.hpp"

namespace gatefile::http {

namespace {

struct Sink {
    std::string body;
    std::size_t limit = 0;
    bool overflow = false;
};

std::size_t collect(char* bytes, std::size_t size, std::size_t count, void* sink_pointer) {
    auto* sink = static_cast<Sink*>(sink_pointer);
    const std::size_t length = size * count;
    if (sink->body.size() + length > sink->limit) {
        sink->overflow = true;
        return 0;  // libcurl breaks the transfer off
    }
    sink->body.append(bytes, length);
    return length;
}

}  // namespace

base::Result<Response> get(const std::string& url, const RequestOptions& options) {
    const EasyHandle easy = start_libcurl() ? make_easy_handle() : nullptr;
    if (!easy) return base::Error{base::ErrorKind::Unsupported, "libcurl could not be started"};

    Sink sink;
    sink.limit = options.max_body;
    curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &sink);

    const CURLcode result = curl_easy_perform(easy.get());
    if (sink.overflow) {
        return base::Error{base::ErrorKind::Network, url + ": the answer is too long"};
    }
    if (result != CURLE_OK) {
        return base::Error{base::ErrorKind::Network, url + ": " + curl_easy_strerror(result)};
    }
    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    return Response{static_cast<int>(status), std::move(sink.body)};
}

}  // namespace gatefile::http

// SPDX-License-Identifier: Apache-2.0
#include "gatefile/http/request.hpp"

#include <curl/curl.h>

#include "easy_handle.hpp"
#include "transfer.hpp"

namespace gatefile::http {

Answer send(Call call) {
    Answer answer;
    Transfer transfer(
        0, std::move(call), [&answer](Answer given) { answer = std::move(given); }, {});
    if (!start_libcurl()) {
        transfer.fail({Failure::Broken, "libcurl could not be started"});
    } else if (auto error = transfer.prepare()) {
        transfer.fail(std::move(*error));
    } else {
        transfer.finish(curl_easy_perform(transfer.easy()));
    }
    return answer;
}

base::Result<Response> get(const std::string& url, const RequestOptions& options) {
    Answer answer =
        send({.url = url, .timeout = options.timeout, .max_body = options.max_body});
    if (answer.error)
        return base::Error{base::ErrorKind::Network, url + ": " + answer.error->text};
    return std::move(answer.response);
}

}  // namespace gatefile::http

// SPDX-License-Identifier: Apache-2.0
//
// One HTTP request over libcurl (its only user); http and https, bounded in time and size, by no
// proxy whatever the environment says.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "gatefile/base/result.hpp"

namespace gatefile::http {

struct RequestOptions {
    std::chrono::milliseconds timeout{5000};
    std::size_t max_body = 64u << 20;
};

struct Response {
    int status = 0;
    std::string body;
};

base::Result<Response> get(const std::string& url, const RequestOptions& options = {});

}  // namespace gatefile::http

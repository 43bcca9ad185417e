// SPDX-License-Identifier: Apache-2.0
//
// What libcurl says about a request that failed, in our words.
#pragma once

#include <curl/curl.h>

#include "gatefile/http/client.hpp"

namespace gatefile::http {

/// `details` is the handle's CURLOPT_ERRORBUFFER.
CallError describe_failure(CURL* easy, CURLcode code, const char* details, const Call& call);

}  // namespace gatefile::http

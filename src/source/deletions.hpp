// SPDX-License-Identifier: Apache-2.0
//
// Deletions of custom resources that were seen, before they are believed: when a
// CustomResourceDefinition is removed, all its objects are deleted first, and nobody meant to stop
// serving. A definition on its way out is served without the verb "create".
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/source/api_server.hpp"
#include "resource.hpp"

namespace gatefile::source {

class Deletions {
public:
    using Clock = std::chrono::steady_clock;
    using Judge = std::function<void(const std::set<diag::ObjectRef>& objects, bool believed)>;

    Deletions(ApiServer& server, Judge judge) : server_(server), judge_(std::move(judge)) {}
    ~Deletions();
    Deletions(const Deletions&) = delete;
    Deletions& operator=(const Deletions&) = delete;

    /// `of`: how many objects of the kind there are, those that are under judgement included.
    void
    add(const Resource& resource, std::string_view version, diag::ObjectRef object, std::size_t of);
    /// The object is there again.
    void forget(const diag::ObjectRef& object);

    std::optional<Clock::time_point> due() const;
    void turn(Clock::time_point now);

private:
    struct Case {
        const Resource* resource = nullptr;
        std::string version;
        std::set<diag::ObjectRef> objects;
        std::set<diag::ObjectRef> asked;  ///< of `objects`, those that the call is about
        std::optional<Clock::time_point> ask_at;
        http::Client::Id call = 0;
    };
    void ask(Case& about);
    void answered(Case& about, const ApiAnswer& answer);

    ApiServer& server_;
    Judge judge_;
    std::map<std::string, Case, std::less<>> cases_;  ///< by kind
};

}  // namespace gatefile::source

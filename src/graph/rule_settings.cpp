// SPDX-License-Identifier: Apache-2.0
#include "rule_settings.hpp"

#include <algorithm>
#include <string_view>

namespace gatefile::graph {
namespace {

/// Zero switches a timeout off (HTTPRouteTimeouts), which is what happens without one.
bool is_set(const std::optional<std::chrono::milliseconds>& duration) {
    return duration && duration->count() > 0;
}

class Checker {
public:
    Checker(const Context& context, const RulePlace& place) : context_(context), place_(place) {}

    void check_timeouts(const api::HttpRouteRule& rule) {
        if (!rule.timeouts) return;
        if (is_set(rule.timeouts->request)) {
            // Between clusters a connection that cannot be made is tried again.
            const bool retries = (rule.retry && rule.retry->attempts > 0) ||
                                 !context_.snapshot.members.empty();
            need(retries ? Ability::RequestTimeoutWithRetry : Ability::RequestTimeout,
                 "timeouts",
                 "request");
        }
        if (is_set(rule.timeouts->backend_request)) {
            need(Ability::BackendTimeout, "timeouts", "backendRequest");
        }
    }

    void check_retry(const api::HttpRouteRule& rule) {
        if (!rule.retry || rule.retry->attempts <= 0) return;
        need(Ability::RetryConnection, "retry", "attempts");
        if (!rule.retry->codes.empty()) need(Ability::RetryCodes, "retry", "codes");
        if (is_set(rule.retry->backoff)) need(Ability::RetryBackoff, "retry", "backoff");
    }

    void check_persistence(const api::HttpRouteRule& rule) {
        if (!rule.session_persistence) return;
        const api::SessionPersistence& session = *rule.session_persistence;
        constexpr const char* field = "sessionPersistence";
        if (session.type == "Header") {
            need(Ability::SessionHeader, field, "type");
            return;
        }
        need(Ability::SessionCookie, field, "type");
        const bool permanent = session.cookie && session.cookie->lifetime_type == "Permanent";
        if (session.cookie && session.cookie->path.value_or("/") != "/") {
            need(Ability::SessionCookiePath, field, "cookie");
            check_cookie_path(*session.cookie->path);
        }
        if (permanent) need(Ability::SessionCookiePermanent, field, "absoluteTimeout");
        // The cookie of a session does not carry its end: the gateway would have to keep count.
        if (is_set(session.idle_timeout)) {
            need(Ability::SessionIdleTimeout, field, "idleTimeout");
        } else if (is_set(session.absolute_timeout) && !permanent) {
            check_session_end();
        }
    }

    bool good() const { return good_; }

private:
    /// What cannot stand in a Set-Cookie header would be left out of it without a word.
    void check_cookie_path(std::string_view path) {
        const auto fits = [](char c) { return c >= ' ' && c <= '~' && c != ';'; };
        if (std::ranges::all_of(path, fits)) return;
        good_ = false;
        report(context_,
               place_.route,
               place_.path() / "sessionPersistence" / "cookie" / "path",
               {diag::Code::RuleUnsupported,
                "not served: a cookie's path cannot hold a semicolon, a control character or "
                "anything but ASCII",
                "percent-encode it"});
    }

    /// As hard to serve as an idle timeout, but there is another way out.
    void check_session_end() {
        const Support support = context_.capabilities.answer(Ability::SessionIdleTimeout).support;
        if (support == Support::Yes) return;
        good_ = false;
        report(context_,
               place_.route,
               place_.path() / "sessionPersistence" / "absoluteTimeout",
               {diag::Code::RuleUnsupported,
                "not served: nothing keeps count of how long a session lasts",
                "lifetimeType Permanent lets the cookie itself end"});
    }

    void need(Ability ability, const char* field, const char* below) {
        const auto path = [&] { return place_.path() / field / below; };
        if (!can_serve(context_, place_, ability, path)) good_ = false;
    }

    const Context& context_;
    const RulePlace& place_;
    bool good_ = true;
};

}  // namespace

bool check_settings(const Context& context,
                    const RulePlace& place,
                    const api::HttpRouteRule& rule) {
    Checker checker(context, place);
    checker.check_timeouts(rule);
    checker.check_retry(rule);
    checker.check_persistence(rule);
    return checker.good();
}

}  // namespace gatefile::graph

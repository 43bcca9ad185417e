// SPDX-License-Identifier: Apache-2.0
#include "../../../src/publish/guarded_store.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>

#include "../../../src/publish/steps.hpp"

using namespace gatefile;
using publish::Op;
using publish::Pairs;
using publish::Version;

namespace {

/// What a server holds, and what each moment of it looks like to a reader.
struct Memory {
    std::map<std::string, std::pair<std::string, Version>> keys;
    Version now = 0;
    publish::TransactionLimits limits{10, 10000};
    std::size_t transactions = 0;
    std::size_t fail_at = 0;  ///< the transaction that gets no answer, counted from 1
    std::function<void()> look = [] {};
};

Memory* memory = nullptr;

class Server : public publish::StoreServer {
public:
    publish::TransactionLimits limits() const override { return memory->limits; }
    std::size_t op_size(const Op& op) const override { return op.key.size() + op.value.size(); }

    base::Result<Value> read(const std::string& key) override {
        const auto found = memory->keys.find(key);
        if (found == memory->keys.end()) return Value{};
        return Value{found->second.first, found->second.second};
    }

    base::Result<Pairs> read_below(const std::string& prefix) override {
        Pairs pairs;
        for (const auto& [key, value] : memory->keys) {
            if (key.starts_with(prefix)) pairs.emplace_back(key.substr(prefix.size()), value.first);
        }
        return pairs;
    }

    base::Result<std::optional<Version>> apply(const publish::Guard& guard,
                                               const std::vector<Op>& ops) override {
        REQUIRE(ops.size() <= memory->limits.ops + 1);
        if (++memory->transactions == memory->fail_at)
            return base::Error{base::ErrorKind::Network, "away"};
        auto& keys = memory->keys;
        const auto held = keys.find(guard.key);
        if ((held == keys.end() ? 0 : held->second.second) != guard.version)
            return std::optional<Version>();
        ++memory->now;
        for (const Op& op : ops) {
            if (op.kind == Op::Kind::Put) keys[op.key] = {std::string(op.value), memory->now};
            if (op.kind == Op::Kind::Remove) keys.erase(op.key);
            if (op.kind == Op::Kind::RemoveBelow)
                std::erase_if(keys, [&](const auto& key) { return key.first.starts_with(op.key); });
        }
        const Version written = guard.value ? memory->now : guard.version;
        if (guard.value) keys[guard.key] = {std::string(*guard.value), written};
        memory->look();
        return std::optional<Version>(written);
    }
};

base::Result<std::unique_ptr<publish::StoreServer>> make(const publish::StoreSettings&,
                                                         publish::HttpSession&) {
    return std::unique_ptr<publish::StoreServer>(std::make_unique<Server>());
}

std::unique_ptr<publish::Store> store() {
    return publish::make_guarded_store({.address = "127.0.0.1:1", .root = "r"}, make);
}

/// Routes from `first` to `last`, each with a router, a middleware and a service.
std::shared_ptr<const Pairs> routes(int first, int last, const std::string& port) {
    Pairs pairs{{"http/middlewares/gatefile-mark/generation", port}};
    for (int i = first; i < last; ++i) {
        const std::string name = "n" + std::to_string(i);
        pairs.emplace_back("http/middlewares/" + name + "/addPrefix/prefix", "/a");
        pairs.emplace_back("http/routers/" + name + "/rule", "Host");
        pairs.emplace_back("http/routers/" + name + "/service", name);
        pairs.emplace_back("http/services/" + name + "/loadBalancer/servers/0/url", port);
    }
    std::ranges::sort(pairs);
    return std::make_shared<const Pairs>(std::move(pairs));
}

/// What a Traefik makes of it: routers with what they use; nothing when it cannot read it.
std::optional<std::map<std::string, std::string>> served() {
    std::map<std::string, std::string> found;
    for (const auto& [key, value] : memory->keys) {
        if (key == "r/" + std::string(publish::hold_key)) return std::nullopt;
        if (!key.starts_with("r/http/routers/") || !key.ends_with("/service")) continue;
        const auto url = memory->keys.find("r/http/services/" + value.first +
                                           "/loadBalancer/servers/0/url");
        found[key] = url == memory->keys.end() ? "missing" : url->second.first;
    }
    return found;
}

}  // namespace

TEST_CASE("whatever the size, a reader sees the old generation, the new one, or nothing at all") {
    Memory here;
    memory = &here;
    std::vector<std::optional<std::map<std::string, std::string>>> moments;
    here.look = [&] { moments.push_back(served()); };
    const auto publisher = store();
    struct Step {
        int first, last;
        std::string port;
        bool is_held;
    };
    for (const Step& step : {Step{0, 2, "1", false}, Step{0, 4, "1", false}, Step{0, 30, "1", true},
                             Step{0, 30, "2", true}, Step{5, 30, "2", false}, Step{8, 32, "2", false},
                             Step{0, 0, "2", true}}) {
        CAPTURE(step.first);
        CAPTURE(step.last);
        const auto before = served();
        moments.clear();
        const auto wanted = routes(step.first, step.last, step.port);
        REQUIRE(publisher->publish(wanted, "g" + step.port).has_value());
        const auto after = served();
        for (const auto& moment : moments)
            CHECK((!moment || *moment == before || *moment == after));
        CHECK(std::ranges::any_of(moments, [](const auto& m) { return !m; }) == step.is_held);
        std::erase_if(here.keys, [](const auto& key) { return key.first == "r/other"; });
        CHECK(here.keys.size() == wanted->size() + 1);  // and the generation
        CHECK(*publisher->generation() == "g" + step.port);
    }
}

TEST_CASE("nothing is written where nothing changes, and an agent that starts takes over") {
    Memory here;
    memory = &here;
    REQUIRE(store()->publish(routes(0, 2, "1"), "a").has_value());
    here.keys["r/http/routers/stray/rule"] = {"x", 1};
    const auto later = store();
    const auto report = later->publish(routes(0, 2, "1"), "a");
    REQUIRE(report.has_value());
    CHECK(report->removed == 1);
    const auto before = here.transactions;
    REQUIRE(later->publish(routes(0, 2, "1"), "a").has_value());
    CHECK(here.transactions == before);
}

TEST_CASE("broken off anywhere, the next one makes it whole") {
    for (std::size_t fail_at = 2; fail_at < 30; ++fail_at) {
        CAPTURE(fail_at);
        Memory here;
        memory = &here;
        const auto publisher = store();
        REQUIRE(publisher->publish(routes(0, 1, "1"), "a").has_value());
        const auto before = served();
        here.fail_at = fail_at;
        const auto done = publisher->publish(routes(0, 20, "2"), "b");
        if (!done) {
            const auto seen = served();
            CHECK((!seen || seen == before || seen == [] {
                REQUIRE(*store()->generation() == "b");
                return served();
            }()));
            REQUIRE(publisher->publish(routes(0, 20, "2"), "b").has_value());
        }
        CHECK(served()->size() == 20);
        CHECK(here.keys.size() == routes(0, 20, "2")->size() + 1);
    }
}

TEST_CASE("two agents: one is told; keys of others are refused") {
    Memory here;
    memory = &here;
    const auto one = store();
    const auto two = store();
    REQUIRE(one->publish(routes(0, 1, "1"), "a").has_value());
    bool once = true;
    here.look = [&] {
        if (!std::exchange(once, false)) return;
        here.keys["r/gatefile/generation"] = {"z", ++here.now};
    };
    CHECK_FALSE(two->publish(routes(0, 30, "2"), "b").has_value());
    here.look = [] {};
    REQUIRE(two->publish(routes(0, 30, "2"), "b").has_value());
    CHECK(served()->size() == 30);

    Memory foreign;
    memory = &foreign;
    foreign.keys["r/http/routers/x/rule"] = {"x", 1};
    const auto refused = store()->publish(routes(0, 1, "1"), "a");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().kind == base::ErrorKind::Refused);
    CHECK(foreign.keys.size() == 1);
}

// SPDX-License-Identifier: Apache-2.0
#include "words.hpp"

namespace gatefile::properties {
namespace {

constexpr std::array<std::string_view, 3> domains{"x", "ax", "b.x"};

std::string many_host(std::size_t number) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
    std::string word;
    for (std::size_t rest = number * 7919 + 11; word.size() < 3 || rest > 0; rest /= 26) {
        word += letters[rest % 26];
    }
    return word + std::to_string(number % 10) + ".apps.x";
}

}  // namespace

std::uint64_t Random::next() {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
}

std::string exact_host(Random& random, const ClusterPlan& plan) {
    if (plan.hostnames > 0 && !random.one_in(4)) return many_host(random.below(plan.hostnames));
    std::string host(random.pick(domains));
    for (std::size_t depth = random.below(3); depth > 0; --depth) {
        host = std::string(random.pick(labels)) + "." + host;
    }
    return host;
}

std::string hostname(Random& random, const ClusterPlan& plan) {
    if (random.one_in(5)) return "";
    const std::string host = exact_host(random, plan);
    if (plan.hostnames > 0 && random.one_in(10)) return "*.apps.x";
    return random.one_in(3) ? "*." + host : host;
}

std::string path(Random& random, std::size_t known) {
    std::string out;
    for (std::size_t depth = random.below(4); depth > 0; --depth) {
        out += "/" + std::string(segments[random.below(known)]);
    }
    if (out.empty() || random.one_in(4)) out += "/";
    return out;
}

std::string odd_path(Random& random) {
    constexpr std::array<std::string_view, 14> odd{"a;b", "%3F", "%25", "%252F", "a+b", "*@:",
                                                   "%FF", "%2B", "%7e", "a%26b=", "%5B",
                                                   "%22%3C%7B", "(a)", "%5C"};
    std::string out;
    for (std::size_t depth = random.below(4); depth > 0; --depth) {
        out += "/" + std::string(random.one_in(6) ? random.pick(odd)
                                                  : segments[random.below(segments.size() - 1)]);
    }
    if (out.empty() || random.one_in(4)) out += "/";
    return out;
}

}  // namespace gatefile::properties

// SPDX-License-Identifier: Apache-2.0
#include "../../../src/graph/addresses.hpp"

#include <string>

#include <doctest/doctest.h>

namespace gatefile::graph {
namespace {

TEST_CASE("IP addresses are told from everything else") {
    CHECK(is_ip_address("10.0.0.1"));
    CHECK(is_ip_address("2001:db8::1"));
    CHECK(is_ip_address("::ffff:10.0.0.1"));
    CHECK_FALSE(is_ip_address("10.0.0"));
    CHECK_FALSE(is_ip_address("10.0.0.1/8"));
    CHECK_FALSE(is_ip_address("[::1]"));
    CHECK_FALSE(is_ip_address("fe80::1%eth0"));
    CHECK_FALSE(is_ip_address(std::string("10.0.0.1\0x", 10)));
    CHECK_FALSE(is_ip_address(""));
    CHECK_FALSE(is_ip_address(std::string(1'000'000, '1')));
}

TEST_CASE("only names that are safe inside a URL are DNS names") {
    CHECK(is_dns_name("backend.svc.cluster.local"));
    CHECK(is_dns_name("backend."));
    CHECK(is_dns_name("_tcp.x-1.example"));
    CHECK_FALSE(is_dns_name("user@host"));
    CHECK_FALSE(is_dns_name("host/path"));
    CHECK_FALSE(is_dns_name("host:80"));
    CHECK_FALSE(is_dns_name("a..b"));
    CHECK_FALSE(is_dns_name("-a"));
    CHECK_FALSE(is_dns_name("*.x"));
    CHECK_FALSE(is_dns_name(""));
    CHECK_FALSE(is_dns_name("."));
    CHECK_FALSE(is_dns_name(std::string(64, 'a')));
    CHECK_FALSE(is_dns_name("127.1"));
    CHECK_FALSE(is_dns_name("0x7f.0x1"));
}

TEST_CASE("local addresses are found in every spelling") {
    for (const char* text : {"127.0.0.1",
                             "127.8.8.8",
                             "::1",
                             "::",
                             "0.0.0.0",
                             "169.254.169.254",
                             "fe80::1",
                             "::ffff:127.0.0.1",
                             "::ffff:a9fe:a9fe",
                             "224.0.0.1",
                             "ff02::1",
                             "localhost",
                             "LOCALHOST.",
                             "x.localhost"}) {
        CAPTURE(text);
        CHECK(is_local_address(text));
    }
    for (const char* text : {"10.0.0.1", "192.168.1.1", "2001:db8::1", "fd00::1", "local.host"}) {
        CAPTURE(text);
        CHECK_FALSE(is_local_address(text));
    }
}

TEST_CASE("two spellings of one address are the same") {
    CHECK(same_address("2001:db8::1", "2001:0DB8:0:0::1"));
    CHECK(same_address("gate.example", "Gate.example"));
    CHECK_FALSE(same_address("10.0.0.1", "10.0.0.2"));
    CHECK_FALSE(same_address("gate", "10.0.0.1"));
}

}  // namespace
}  // namespace gatefile::graph

// SPDX-License-Identifier: Apache-2.0

/// Read by jemalloc at the start of the program (jemalloc(3), TUNING). One arena: one thread does
/// the work. What a turn frees is kept for the next one for a while, then given back.
extern "C" const char* malloc_conf;
const char* malloc_conf = "narenas:1,tcache:true,dirty_decay_ms:2000,muzzy_decay_ms:0";

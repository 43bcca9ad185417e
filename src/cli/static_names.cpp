// SPDX-License-Identifier: Apache-2.0
#include "static_names.hpp"

#ifdef GATEFILE_STATIC
#include <initializer_list>

#include <nss.h>
#endif

namespace gatefile::cli {

void keep_names_static() {
#ifdef GATEFILE_STATIC
    // glibc has these two within itself. Any other service of nsswitch.conf would be loaded as a
    // shared library, which wants the very glibc that this program was linked with.
    __nss_configure_lookup("hosts", "files dns");
    for (const char* database : {"group", "passwd", "services", "protocols", "networks"})
        __nss_configure_lookup(database, "files");
#endif
}

}  // namespace gatefile::cli

// SPDX-License-Identifier: Apache-2.0
module gatefile.dev/traefik-plugin

go 1.22

// SPDX-License-Identifier: Apache-2.0
module gatefile.dev/e2e-backend

go 1.24

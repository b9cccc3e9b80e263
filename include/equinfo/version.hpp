// SPDX-License-Identifier: MIT
// The version of the library. This is the one place where it is written down.
#pragma once

#define EQUINFO_VERSION_MAJOR 0
#define EQUINFO_VERSION_MINOR 1
#define EQUINFO_VERSION_PATCH 0

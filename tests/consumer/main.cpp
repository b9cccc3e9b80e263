// SPDX-License-Identifier: MIT
// Uses the library as another project does: one header.

#include <equinfo/equinfo.hpp>

int main() {
    const equinfo::frequency_range slice{0, 1};
    return slice.freq == 1 ? 0 : 1;
}

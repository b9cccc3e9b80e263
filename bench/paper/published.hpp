// SPDX-License-Identifier: MIT
// What the paper reports (Lester et al. 2024, arXiv 2404.03626v3), on its own text (C4) with its own M1.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace equinfo::bench::paper {

struct published_row {
    std::string_view method;  ///< as in methods.hpp; the paper's windows are the padded ones
    double ratio;             ///< bytes a token: tables 1, 2, 12; 10 for deflate, 17 for delay; appendix A.1 for 24 bits
    double uniform = 0;       ///< bits a byte: table 3; 0: not in it
    double unigram = 0;
    double learnt = 0;        ///< bits a byte that an M2 of 25 M weights takes: tables 15 to 17; 0: not in them
};

inline constexpr std::array published_rows{
    published_row{"bytes", 1.0, 8.000, 4.602, 1.29},
    published_row{"sentencepiece", 4.28, 3.497, 2.443, 1.12},
    published_row{"ac/256", 5.49, 1.457, 1.457, 1.46},
    published_row{"ac/65k", 10.98, 0, 0, 1.46},
    published_row{"static-ac/256", 1.73, 4.624, 4.624, 4.61},
    published_row{"static-ac/65k", 3.46, 0, 0, 4.60},
    published_row{"gzip/256", 2.23, 3.587, 3.586, 2.34},
    published_row{"gzip/65k", 4.47, 0, 0, 2.92},
    published_row{"deflate/256", 2.24},
    published_row{"deflate/65k", 4.47},
    published_row{"padded-16/256", 2.66, 3.008, 2.976, 1.47},
    published_row{"padded-16/65k", 5.31, 0, 0, 1.25},
    published_row{"padded-24/256", 3.15},
    published_row{"padded-24/65k", 6.30},
    published_row{"padded-32/256", 3.49, 2.292, 2.285, 2.05},
    published_row{"padded-32/65k", 6.97, 0, 0, 1.95},
    published_row{"padded-64/256", 4.16, 1.923, 1.921, 1.85},
    published_row{"padded-64/65k", 8.33, 0, 0, 1.82},
    published_row{"padded-128/256", 4.61, 1.735, 1.735, 1.71},
    published_row{"padded-128/65k", 9.22, 0, 0, 1.70},
    published_row{"padded-delay-16/256", 2.20, 0, 0, 1.50},
    published_row{"padded-delay-16/65k", 4.40, 0, 0, 1.23},
};

/// Its row for a method, or for the paper's windows of the same size where this is another rule for them.
[[nodiscard]] inline std::optional<published_row> published(std::string_view method) {
    std::string name(method);
    for (const std::string_view other : {"equal-info-", "self-ending-", "padded-enclosed-", "padded-bytewise-"}) {
        if (method.starts_with(other)) {
            name = "padded-" + std::string(method.substr(other.size()));
        }
    }
    if (method.starts_with("english16")) {
        name = "padded-16" + std::string(method.substr(method.find('/')));
    }
    for (const published_row& row : published_rows) {
        if (row.method == name) {
            return row;
        }
    }
    return std::nullopt;
}

}  // namespace equinfo::bench::paper

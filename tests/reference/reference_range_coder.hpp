// SPDX-License-Identifier: MIT
// The range encoder of docs/format.md with the whole message as one big number: nothing is settled, so nothing is carried
// back. Slow.
#pragma once

#include <equinfo/coding/frequency.hpp>
#include <equinfo/coding/range_encoder.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace equinfo::test {

/// A number of base-256 digits, the first most significant; all numbers that meet have the same count of digits.
using big_number = std::vector<std::uint8_t>;

inline void add(big_number& number, std::uint64_t value) {
    unsigned carry = 0;
    for (std::size_t i = number.size(); i-- > 0;) {
        const unsigned sum = number[i] + static_cast<unsigned>(value % 256) + carry;
        number[i] = static_cast<std::uint8_t>(sum % 256);
        carry = sum / 256;
        value /= 256;
    }
}

class reference_range_encoder {
public:
    void encode(frequency_range slice, unsigned precision) {
        const std::uint64_t unit = m_range >> precision;
        add(m_low, unit * slice.low);
        m_range = unit * slice.freq;
        while (m_range < std::uint64_t{1} << 56) {
            m_low.push_back(0);
            m_range *= 256;
            ++m_settled;
        }
    }

    std::vector<std::uint8_t> finish(message_end end) const {
        big_number top = m_low;  // the last number of the interval
        add(top, m_range - 1);
        for (std::size_t count = 0;; ++count) {
            // The least number from m_low on whose last `zeros` digits are zero.
            const std::size_t zeros = 8 - count;
            big_number value = m_low;
            const auto tail = value.end() - static_cast<std::ptrdiff_t>(zeros);
            if (std::any_of(tail, value.end(), [](std::uint8_t digit) { return digit != 0; })) {
                std::fill(tail, value.end(), std::uint8_t{255});
                add(value, 1);
            }
            // The greatest number that may be read.
            big_number greatest = value;
            if (end == message_end::self_delimiting) {
                std::fill(greatest.end() - static_cast<std::ptrdiff_t>(zeros), greatest.end(), std::uint8_t{255});
            }
            if (greatest <= top) {
                return {value.begin() + 1, value.begin() + 1 + static_cast<std::ptrdiff_t>(m_settled + count)};
            }
        }
    }

private:
    big_number m_low = big_number(9);  // a digit before the point, and the eight that the range spans
    std::uint64_t m_range = ~std::uint64_t{0};
    std::size_t m_settled = 0;
};

}  // namespace equinfo::test

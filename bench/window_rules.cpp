// SPDX-License-Identifier: MIT
// Measures the window codes, and the variants that were tried, on a text and a model of order 6 (docs/windows.md).
//
//   window_rules TRAIN TRAIN_BYTES TEXT FIRST LAST              the coders as they ship, b = 9..128
//   window_rules TRAIN TRAIN_BYTES TEXT FIRST LAST variants     variants read from the input, one a line:
//                                                               "16 keep=5 first=3 ..." (names: struct variant)
//   window_rules TRAIN TRAIN_BYTES TEXT FIRST LAST ceiling      the best set of 2^16 strings that looks ahead at will
//
// The model: Witten-Bell mixing of orders 0 to 6, trained on the first TRAIN_BYTES bytes of TRAIN, in 20 bits. The text:
// bytes FIRST to LAST of TEXT; above b = 20 its first 400,000 bytes.
#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/models/frequency_table.hpp>
#include <equinfo/windows/padded_window.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/statistics.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <numeric>
#include <span>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using namespace equinfo;
using bytes = std::span<const std::uint8_t>;

constexpr unsigned precision = 20;
using table = frequency_table<precision>;

/// Counts of all strings of 1 to 7 bytes, and the tables made from them on demand.
class counts {
public:
    explicit counts(bytes text) {
        std::vector<std::uint64_t> grams;
        std::uint64_t gram = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            gram = (gram << 8 | text[i]) & ((std::uint64_t{1} << 56) - 1);
            if (i >= 6) {
                grams.push_back(gram);
            }
        }
        std::sort(grams.begin(), grams.end());
        for (unsigned length = 1; length <= 7; ++length) {
            for (const std::uint64_t longest : grams) {
                const std::uint64_t cut = longest >> (8 * (7 - length));
                if (m_grams[length].empty() || m_grams[length].back().first != cut) {
                    m_grams[length].emplace_back(cut, 0);
                }
                ++m_grams[length].back().second;
            }
        }
    }

    /// The table behind `context`, at most its last 6 bytes.
    const table& after(std::uint64_t context, unsigned length) {
        std::unique_ptr<table>& entry = m_tables[context | std::uint64_t{length} << 56];
        if (!entry) {
            entry = std::make_unique<table>(make(context, length));
        }
        return *entry;
    }

private:
    table make(std::uint64_t context, unsigned length) const {
        std::array<double, 256> p;
        p.fill(1.0 / 256);
        for (unsigned order = 0; order <= length; ++order) {
            const std::uint64_t tail = context & ((std::uint64_t{1} << (8 * order)) - 1);
            const auto& grams = m_grams[order + 1];
            const auto begin = std::lower_bound(grams.begin(), grams.end(), std::pair{tail << 8, std::uint32_t{0}});
            auto end = begin;
            double total = 0;
            for (; end != grams.end() && end->first >> 8 == tail; ++end) {
                total += end->second;
            }
            if (begin == end) {
                break;
            }
            const auto kinds = static_cast<double>(end - begin);
            for (double& share : p) {
                share *= kinds / (total + kinds);
            }
            for (auto at = begin; at != end; ++at) {
                p[at->first & 255] += at->second / (total + kinds);
            }
        }
        std::array<frequency, 256> f;
        for (std::size_t i = 0; i < 256; ++i) {
            f[i] = 1 + static_cast<frequency>(p[i] * ((1u << precision) - 256));
        }
        *std::max_element(f.begin(), f.end()) += (1u << precision) - std::accumulate(f.begin(), f.end(), frequency{0});
        return table::from_frequencies(f);
    }

    std::array<std::vector<std::pair<std::uint64_t, std::uint32_t>>, 8> m_grams;
    std::unordered_map<std::uint64_t, std::unique_ptr<table>> m_tables;
};

class order_6_model {
public:
    explicit order_6_model(counts& from) : m_counts(&from) {}
    const table& predict() const { return m_counts->after(m_context, m_length); }
    void update(std::uint8_t symbol) {
        m_context = (m_context << 8 | symbol) & ((std::uint64_t{1} << 48) - 1);
        m_length = std::min(m_length + 1, 6u);
    }
    void reset() { m_context = m_length = 0; }

private:
    counts* m_counts;
    std::uint64_t m_context = 0;
    unsigned m_length = 0;
};

// ---- the coders as they ship -------------------------------------------------------------------------------------------

template <class Encoder, class Decoder>
void measure(const char* name, Encoder encoder, Decoder decoder, bytes text) {
    if (encoder.window_bits() > 20) {
        text = text.first(std::min<std::size_t>(text.size(), 400000));
    }
    const window_statistics sums = measure_windows(encoder, text);
    std::uint64_t wrong = 0;
    for (bytes rest = text; !rest.empty();) {
        bit_writer sink;
        const std::size_t taken = encoder.encode_window(rest, sink);
        const auto coded = sink.take();
        bit_reader source(coded);
        std::vector<std::uint8_t> out;
        decoder.decode_window(source, out);
        wrong += std::equal(out.begin(), out.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(taken)) ? 0 : 1;
        rest = rest.subspan(taken);
    }
    std::printf("%-22s b = %3u: %8.4f bytes, %8.3f bits of information a window, %5.2f %% lost, %6.2f %% decode wrongly\n",
                name, encoder.window_bits(), sums.bytes_per_window(), sums.information_per_window(), 100 * sums.lost_share(),
                100.0 * static_cast<double>(wrong) / static_cast<double>(sums.windows));
    std::fflush(stdout);
}

void measure_all(counts& from, bytes text) {
    const order_6_model model(from);
    for (const unsigned b : {9u, 12u, 16u, 24u, 32u, 64u, 128u}) {
        measure("longest_match", window_encoder<order_6_model>(model, b), window_decoder<order_6_model>(model, b), text);
        measure("self_ending", window_encoder<order_6_model, self_ending>(model, b),
                window_decoder<order_6_model, self_ending>(model, b), text);
    }
    for (const unsigned b : {16u, 32u}) {
        for (const padded_fit fit : {padded_fit::point, padded_fit::enclosed}) {
            for (const padded_end end : {padded_end::greedy, padded_end::delay}) {
                const std::string name = std::string("padded, ") + (fit == padded_fit::point ? "point" : "enclosed") +
                                         (end == padded_end::delay ? ", delay" : "");
                measure(name.c_str(), padded_window_encoder<order_6_model>(model, {b, fit, end}),
                        padded_window_decoder<order_6_model>(model, {b, fit, end}), text);
            }
        }
    }
}

// ---- variants, in floating point ---------------------------------------------------------------------------------------

struct variant {
    double first = 3;       // the first codeword comes where x >= 1 / (first * past_kept), the k-th at x >= k - 1 + offset
    double offset = 0;      // 0: floor(x) + 1 codewords; 0.5: rounding, as by largest remainder
    double keep = 5;        // keep_weight; 0: every prefix keeps one
    double power = 1;       // past_kept counts with this power, in both places
    double listed = 1024;   // up to this many codewords are shared out by a list
    double ahead = 2;       // run-on looks ahead; 0: go on while p * (past_kept + run) > past_kept
    double run = 1.2;
    double scale_price = 1; // 0: a codeword's price is 1 / (keep * count), which leaves out how the others share

    explicit variant(const std::map<std::string, double>& named) {
        const std::map<std::string, double*> fields = {{"first", &first}, {"offset", &offset}, {"keep", &keep},
            {"power", &power}, {"listed", &listed}, {"ahead", &ahead}, {"run", &run}, {"scale_price", &scale_price}};
        for (const auto& [name, value] : named) {
            *fields.at(name) = value;
        }
    }
};

class variant_code {
public:
    variant_code(counts& from, const variant& rule, unsigned window_bits) : m_counts(from), m_rule(rule) {
        m_nodes.push_back(node_type{std::ldexp(1.0, static_cast<int>(window_bits)), 0, 0});
    }

    double bytes_per_window(bytes text) {
        std::uint64_t windows = 0;
        for (std::size_t at = 0; at < text.size(); ++windows) {
            std::size_t node = 0;
            std::size_t end = at;
            for (std::size_t i = at;; ++i) {
                if (!m_nodes[node].is_open) {
                    open(node, text.data() + at);
                }
                end = m_nodes[node].keeps ? i : end;
                if (i == text.size() || i - at == 255) {
                    break;
                }
                const double share = m_nodes[node].shares[text[i]];
                if (share < 1) {
                    break;
                }
                const auto found = m_nodes[node].children.find(text[i]);
                if (found != m_nodes[node].children.end()) {
                    node = found->second;
                } else {
                    const node_type& up = m_nodes[node];
                    const node_type child = {share, up.length + 1, up.keeps || up.length == 0 ? 1 : up.past_kept + 1,
                                             up.planned > 0 && m_rule.ahead > 0 ? up.planned - 1 : -1};
                    m_nodes[node].children[text[i]] = m_nodes.size();
                    node = m_nodes.size();
                    m_nodes.push_back(child);
                }
            }
            at = end;
        }
        return static_cast<double>(text.size()) / static_cast<double>(windows);
    }

private:
    struct node_type {
        double count;
        int length;
        int past_kept;
        int planned = -1;  // symbols that a single codeword still runs on
        bool is_open = false;
        bool keeps = false;
        std::vector<float> shares{};
        std::map<std::uint8_t, std::size_t> children{};
    };

    const table& after(const std::uint8_t* text, int length) {
        std::uint64_t context = 0;
        const int used = std::min(length, 6);
        for (int i = length - used; i < length; ++i) {
            context = context << 8 | text[i];
        }
        return m_counts.after(context, static_cast<unsigned>(used));
    }

    static int likeliest(const table& d) {
        std::array<frequency, 256> f;
        d.frequencies(f);
        return static_cast<int>(std::max_element(f.begin(), f.end()) - f.begin());
    }

    double count_at(double x, double least) const {
        return x < least ? 0 : std::max(1.0, std::floor(x - m_rule.offset) + 1);
    }

    double share_out(const std::array<double, 256>& p, double codewords, double past_kept, std::vector<float>& shares) const {
        const double least = 1 / (m_rule.first * std::pow(past_kept, m_rule.power));
        const auto total = [&](double scale) {
            double sum = 0;
            for (const double share : p) {
                sum += count_at(share * scale, least);
            }
            return sum;
        };
        double below = 0;
        double above = 300 * (codewords + 1);
        for (int step = 0; step < 45; ++step) {
            const double middle = (below + above) / 2;
            (total(middle) <= codewords ? below : above) = middle;
        }
        double given = 0;
        for (std::size_t i = 0; i < 256; ++i) {
            shares[i] = static_cast<float>(count_at(p[i] * below, least));
            given += shares[i];
        }
        for (std::size_t i = 0; i < 256 && given < codewords; ++i) {
            if (count_at(p[i] * above, least) > shares[i]) {
                shares[i] += 1;
                given += 1;
            }
        }
        return below;
    }

    void open(std::size_t index, const std::uint8_t* text) {
        node_type& node = m_nodes[index];
        node.is_open = true;
        node.shares.assign(256, 0);
        const table& d = after(text, node.length);
        if (node.count == 1 && (node.length == 1 || m_rule.keep == 0)) {
            node.keeps = true;
            return;
        }
        if (node.count == 1) {
            if (node.planned < 0) {
                node.planned = plan(text, node.length, node.past_kept);
            }
            node.keeps = node.planned == 0;
            if (!node.keeps) {
                node.shares[static_cast<std::size_t>(likeliest(d))] = 1;
            }
            return;
        }
        std::array<double, 256> p;
        for (std::size_t i = 0; i < 256; ++i) {
            p[i] = std::ldexp(d.range_of(static_cast<std::uint8_t>(i)).freq, -static_cast<int>(precision));
        }
        const bool is_listed = node.count <= m_rule.listed;
        node.keeps = node.length > 0 && (!is_listed || node.length == 1 || m_rule.keep == 0);
        if (is_listed && node.length > 0 && !node.keeps) {
            const double scale = share_out(p, node.count, node.past_kept + 1, node.shares);
            double leaving = 0;
            for (std::size_t i = 0; i < 256; ++i) {
                leaving += node.shares[i] < 1 ? p[i] : 0;
            }
            const double price = 1 / (m_rule.keep * (m_rule.scale_price > 0 ? scale : node.count));
            node.keeps = leaving * std::pow(node.past_kept, m_rule.power) > price;
            if (!node.keeps) {
                return;
            }
        }
        const double spare = node.count - (node.length == 0 ? 256 : 1);
        if (is_listed) {
            share_out(p, spare, 1, node.shares);
        } else {
            double below = 0;
            for (std::size_t i = 0; i < 256; ++i) {
                node.shares[i] = static_cast<float>(std::floor(spare * (below + p[i])) - std::floor(spare * below));
                below += p[i];
            }
        }
        if (node.length == 0) {
            for (float& share : node.shares) {
                share += 1;
            }
        }
    }

    int plan(const std::uint8_t* text, int length, int past_kept) {
        std::vector<std::uint8_t> chain(text, text + length);
        double probability = 1;
        double best_value = past_kept;
        int best = 0;
        for (int k = 1; length + k <= 255; ++k) {
            const table& d = after(chain.data(), length + k - 1);
            chain.push_back(static_cast<std::uint8_t>(likeliest(d)));
            probability *= std::ldexp(d.range_of(chain.back()).freq, -static_cast<int>(precision));
            if (m_rule.ahead == 0) {
                return probability * (past_kept + m_rule.run) > past_kept ? 1 : 0;
            }
            if (probability * (past_kept + k) > best_value) {
                best_value = probability * (past_kept + k);
                best = k;
            }
            if (probability * (past_kept + k + m_rule.ahead) < best_value) {
                break;
            }
        }
        return best;
    }

    counts& m_counts;
    variant m_rule;
    std::vector<node_type> m_nodes;
};

void measure_variants(counts& from, bytes text) {
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        unsigned window_bits = 0;
        if (!(words >> window_bits)) {
            continue;
        }
        std::map<std::string, double> named;
        for (std::string word; words >> word;) {
            named[word.substr(0, word.find('='))] = std::stod(word.substr(word.find('=') + 1));
        }
        const bytes part = window_bits > 20 ? text.first(std::min<std::size_t>(text.size(), 400000)) : text;
        std::printf("%-60s %.4f\n", line.c_str(), variant_code(from, variant(named), window_bits).bytes_per_window(part));
        std::fflush(stdout);
    }
}

// ---- the ceiling: which prefixes to keep if every later distribution is known ------------------------------------------

class ceiling {
public:
    ceiling(counts& from, double price) : m_counts(from), m_price(price) {
        grow(0, 1);
        choose(0, 0);
    }
    std::uint64_t strings() const { return m_strings; }

    double bytes_per_window(bytes text) const {
        std::uint64_t windows = 0;
        for (std::size_t at = 0; at < text.size(); ++windows) {
            std::size_t node = 0;
            std::size_t end = at + 1;
            for (std::size_t i = at; i < text.size(); ++i) {
                const auto& children = m_nodes[node].children;
                const auto next = std::find_if(children.begin(), children.end(),
                                               [&](const auto& child) { return child.first == text[i]; });
                if (next == children.end()) {
                    break;
                }
                node = next->second;
                end = m_nodes[node].keeps ? i + 1 : end;
            }
            at = end;
        }
        return static_cast<double>(text.size()) / static_cast<double>(windows);
    }

private:
    struct node_type {
        std::vector<bool> keeps_at{};  // by symbols past the last kept prefix
        bool keeps = false;
        std::vector<std::pair<std::uint8_t, std::size_t>> children{};
    };

    // The value of the best choice below, for each distance to the last kept prefix.
    std::vector<double> grow(unsigned length, double probability) {
        const std::size_t index = m_nodes.size();
        m_nodes.emplace_back();
        std::uint64_t context = 0;
        const unsigned used = std::min(length, 6u);
        for (unsigned i = length - used; i < length; ++i) {
            context = context << 8 | m_text[i];
        }
        const table d = m_counts.after(context, used);
        std::vector<double> below(length + 2, 0.0);
        std::vector<std::pair<std::uint8_t, std::size_t>> children;
        for (unsigned symbol = 0; symbol < 256; ++symbol) {
            const double p = probability * std::ldexp(d.range_of(static_cast<std::uint8_t>(symbol)).freq, -20);
            if (length > 0 && (p * (length + 3) < m_price || length > 60)) {
                continue;
            }
            m_text[length] = static_cast<std::uint8_t>(symbol);
            children.emplace_back(static_cast<std::uint8_t>(symbol), m_nodes.size());
            const std::vector<double> child = grow(length + 1, p);
            for (std::size_t past = 1; past < child.size(); ++past) {
                below[past] += child[past];
            }
        }
        std::vector<double> value(length + 1, 0.0);
        std::vector<bool> keeps(length + 1, false);
        for (std::size_t past = 1; past <= length; ++past) {
            const double keep = static_cast<double>(past) * probability - m_price + below[1];
            keeps[past] = length == 1 || keep > below[past + 1];
            value[past] = keeps[past] ? keep : below[past + 1];
        }
        m_nodes[index].keeps_at = std::move(keeps);
        m_nodes[index].children = std::move(children);
        return value;
    }

    void choose(std::size_t index, std::size_t past) {
        m_nodes[index].keeps = m_nodes[index].keeps_at[past];
        m_strings += m_nodes[index].keeps ? 1 : 0;
        for (const auto& child : m_nodes[index].children) {
            choose(child.second, m_nodes[index].keeps ? 1 : past + 1);
        }
    }

    counts& m_counts;
    double m_price;
    std::uint64_t m_strings = 0;
    std::array<std::uint8_t, 64> m_text{};
    std::vector<node_type> m_nodes;
};

void measure_ceiling(counts& from, bytes text) {
    double low = 1e-6;
    double high = 1e-4;
    for (int step = 0; step < 10; ++step) {
        const double price = std::sqrt(low * high);
        const ceiling best(from, price);
        std::printf("%8llu strings: %.4f bytes a window\n", static_cast<unsigned long long>(best.strings()),
                    best.bytes_per_window(text));
        std::fflush(stdout);
        (best.strings() > 65536 ? low : high) = price;
    }
}

std::vector<std::uint8_t> read_file(const char* name) {
    std::ifstream file(name, std::ios::binary);
    if (!file) {
        std::fprintf(stderr, "cannot read %s\n", name);
        std::exit(1);
    }
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 6) {
        std::fprintf(stderr, "usage: window_rules TRAIN TRAIN_BYTES TEXT FIRST LAST [variants|ceiling]\n");
        return 2;
    }
    const auto train = read_file(argv[1]);
    const auto text = read_file(argv[3]);
    const std::size_t first = std::min<std::size_t>(std::strtoull(argv[4], nullptr, 10), text.size());
    const std::size_t last = std::clamp<std::size_t>(std::strtoull(argv[5], nullptr, 10), first, text.size());
    counts from(bytes(train).first(std::min<std::size_t>(std::strtoull(argv[2], nullptr, 10), train.size())));
    const bytes part = bytes(text).subspan(first, last - first);
    const std::string mode = argc > 6 ? argv[6] : "";
    if (mode == "variants") {
        measure_variants(from, part);
    } else if (mode == "ceiling") {
        measure_ceiling(from, part);
    } else {
        measure_all(from, part);
    }
    return 0;
}

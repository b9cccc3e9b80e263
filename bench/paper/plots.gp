# The pictures of the tables: gnuplot -e "folder='OUT'" bench/paper/plots.gp makes OUT/*.svg of OUT/*.csv, of those that are there.

set datafile separator ","
set terminal svg size 960,540 font "sans-serif,13" background "white"
set grid y lt 1 lc rgb "#dddddd"
set style fill solid 0.8 noborder
is_there(name) = system(sprintf("test -s '%s/%s' && echo 1 || echo 0", folder, name)) + 0
path(name) = sprintf("%s/%s", folder, name)

# Bytes a token of every method with 16-bit tokens, and of subwords, with the paper's values beside them (tables 1, 2, 12, 17).
if (is_there("compression.csv")) {
    set output path("compression.svg")
    set style data histogram
    set style histogram clustered gap 1
    set xtics rotate by -40 scale 0
    set ylabel "bytes of text a token"
    set yrange [0:*]
    set rmargin 12
    set key top center
    rows = sprintf("< grep -E '^(method|[^,]*/65k|sentencepiece)' '%s'", path("compression.csv"))
    plot rows using "bytes/token":xtic(1) title "here" lc rgb "#3465a4", \
         rows using "paper" title "the paper (its text, its M1)" lc rgb "#bbbbbb"
}

# Divergence from uniform by n, mean and 90 % band of the samples; the band in grey is that of random bits (figures 11, 16, 17).
# Corrected divergences can be negative: they are drawn at the least that the axis has.
least = 1e-7
shown(value) = value > least ? value : least
if (is_there("uniformity_samples.csv")) {
    set rmargin -1
    do for [kind in "n-gram token"] {
        set output path("uniformity_" . (kind eq "token" ? "tokens" : "ngrams") . ".svg")
        set logscale y
        set yrange [least:*]
        set format y "10^{%T}"
        set xlabel kind eq "token" ? "bits a token" : "bits an n-gram"
        set ylabel "divergence from uniform, bits"
        set xrange [0.5:16.5]
        set xtics 1
        set key outside right
        set xtics norotate
        data(method) = sprintf("< grep -E '^(kind|%s,[0-9]+,[^,]*,%s,)' '%s'", kind, method, path("uniformity_samples.csv"))
        methods = system(sprintf("tail -n +2 '%s' | cut -d, -f4 | awk '!seen[$0]++'", path("uniformity_samples.csv")))
        plot data(word(methods, 1)) \
                 using "n":(shown(column("control 5 %"))):(shown(column("control 95 %"))) \
                 with filledcurves lc rgb "#cccccc" title "random bits, 90 %", \
             for [i = 1:words(methods)] data(word(methods, i)) \
                 using "n":(shown(column("mean"))):(shown(column("5 %"))):(shown(column("95 %"))) \
                 with yerrorlines lt i dt 1 + (i > 8) pt 7 ps 0.5 title word(methods, i)
    }
}

# Edit distances behind different first words (figure 8): median, and from the first decile to the last.
if (is_there("stability.csv")) {
    unset logscale y
    unset xlabel
    set format y
    set xrange [-0.7:*]
    set yrange [0:*]
    set rmargin 8
    set output path("stability.svg")
    set boxwidth 0.6
    set xtics autofreq rotate by -40 scale 0
    set ylabel "edit distance, tokens"
    unset key
    plot path("stability.csv") every ::1 using 0:4:4:6:6:xtic(1) with candlesticks lc rgb "#3465a4", \
         path("stability.csv") every ::1 using 0:5:5:5:5 with candlesticks lc rgb "#000000" lw 2
}

# What M2 learns of the same text in several codes (tables 15 and 16), the first size, seed and rates.
if (is_there("learn_by_bytes.csv")) {
    unset logscale
    set output path("learn_by_bytes.svg")
    set style data histogram
    set style histogram clustered gap 1
    set xrange [*:*]
    set yrange [0:*]
    set xtics rotate by -40 scale 0
    set ylabel "bits a byte"
    set rmargin 12
    set key top center
    rows = sprintf("< awk -F, 'NR == 1 { print; next } s == \"\" { s = $5 FS $6 FS $11 } $5 FS $6 FS $11 == s' '%s'", path("learn_by_bytes.csv"))
    plot rows using "uniform":xtic(3) title "uniform" lc rgb "#dddddd", \
         rows using "unigram" title "unigram" lc rgb "#999999", \
         rows using "bits_per_byte" title "M2" lc rgb "#3465a4"
}

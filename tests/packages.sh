# Read by run.sh and cross.sh: need PACKAGE... installs the Debian packages that are missing, as root or through sudo.

need() {
    if ! command -v dpkg-query >/dev/null; then
        echo "not a Debian: please see to it that these are there: $*"
        return 0
    fi
    missing=
    for package; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
            *' installed') ;;
            *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    echo "installing$missing"
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        as_root=sudo
    fi
    # shellcheck disable=SC2086  # several words are wanted
    $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends $missing >/dev/null
}

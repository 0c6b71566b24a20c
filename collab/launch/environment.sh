# Read by ./run and ./test: makes the virtual environment and defines `prepare`.

python=.venv/bin/python

if [ ! -x "$python" ] || ! "$python" -c '' 2>/dev/null; then
    found=
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            found=$candidate
            break
        fi
    done
    if [ -z "$found" ]; then
        echo "Weft needs Python 3.11 or newer; set PYTHON to one if it isn't called python3." >&2
        exit 1
    fi
    rm -rf .venv
    if ! "$found" -m venv .venv >&2; then
        rm -rf .venv
        echo "That Python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    fi
fi

prepare() {
    "$python" collab/launch/prepare.py "$@"
}

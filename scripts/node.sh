# Sourced by scripts/page and scripts/prerequisites.sh: is there a Node that builds the page?
oldest=20.19

has_node() {
    command -v npm >/dev/null 2>&1 || return 1
    node -e 'const [a, b] = process.argv[1].split("."), [c, d] = process.versions.node.split("."); process.exit(+c > +a || (c === a && +d >= +b) ? 0 : 1)' "$oldest" 2>/dev/null
}

using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Documents;

/// <summary>The examples of README and docs are run in a situation of their own, and what comes is what the page says.</summary>
public sealed class DocumentExampleTests
{
    /// <summary>
    /// The situation of an example, as shell that runs before it in a network, process and mount namespace of its own with loopback up, in an empty folder. <c>serve NAME ADDRESS PORT</c> starts a
    /// program of that name that listens, <c>$P</c> is the program.
    /// </summary>
    private static readonly Dictionary<string, string> Situations = new(StringComparer.Ordinal)
    {
        ["README.md: portolan who 8000"] =
            "cd /srv; (setpriv --reuid www-data --regid www-data --clear-groups /usr/bin/python3 -m http.server 8000 >/dev/null 2>&1 &); until $P who 8000/tcp >/dev/null 2>&1; do sleep 0.05; done",
        ["README.md: portolan stop 8080 --dry-run"] =
            "cd /srv; setpriv --reuid www-data --regid www-data --clear-groups perl -MIO::Socket::INET -e '$0 = \"web\"; $s = IO::Socket::INET->new(LocalAddr => \"0.0.0.0\", LocalPort => 8080, Listen => 5) or die; close STDOUT; fork; sleep 100' & until $P who 8080/tcp 2>/dev/null | grep -q 'processes   2'; do sleep 0.05; done",
        ["README.md: portolan free --near 8080 --count 3"] = "serve web 0.0.0.0 8080",
        ["README.md: portolan list state established and '(port 443 or process nginx)' and not dst 10.0.0.0/8"] = "",
        ["README.md: portolan list stat established"] = "",
        ["README.md: portolan port 5432/tcp"] = "",
        ["README.md: portolan port --search 'x window'"] = "",
        ["README.md: portolan lab run two-browsers"] = "",
        ["docs/filters.md: portolan list port 443"] = "",
        ["docs/filters.md: portolan list process nginx and state listening"] = "",
        ["docs/filters.md: portolan list 'state established and (port 443 or process nginx) and not dst 10.0.0.0/8'"] = "",
        ["docs/filters.md: portolan list 'sport = 2201 or sport = 2202 and src 127.0.0.2'"] = "",
        ["docs/filters.md: portolan list state established state time-wait"] = "",
        ["docs/filters.md: portolan list state connected exclude time-wait"] = "",
        ["docs/filters.md: portolan list state established sport = :22 or sport = :80"] = "",
        ["docs/filters.md: portolan list state established and sport = :22 or sport = :80"] = "",
        ["docs/list.md: portolan list -tulpn stat listening"] = "",
        ["docs/registry.md: portolan port 443"] = "",
        ["docs/registry.md: portolan port 22,80/tcp 8443"] = "",
        ["docs/registry.md: portolan port htps"] = "",
        ["docs/registry.md: portolan port ssh/tcp --json"] = "",
        ["docs/scan.md: sudo portolan scan -sn 198.18.0.0/24"] =
            "ip link add v0 type veth peer name v1; ip address add 198.18.0.1/24 dev v0; ip link set v0 up; "
            + "unshare --net sleep 60 & other=$!; until [ \"$(readlink /proc/$other/ns/net)\" != \"$(readlink /proc/$$/ns/net)\" ]; do sleep 0.05; done; ip link set v1 netns $other; "
            + "nsenter --net --target $other sh -c 'ip address add 198.18.0.2/24 dev v1; ip link set v1 up'; until ip neighbour show >/dev/null && ping -c 1 -W 1 198.18.0.2 >/dev/null; do sleep 0.1; done; ip neighbour flush all",
        ["docs/who.md: portolan free --near 8080"] = "serve web 0.0.0.0 8080",
    };

    /// <summary>Examples whose output is of one moment or one machine, or whose situation takes more than this test builds, with the reason. By the start of their key.</summary>
    private static readonly Dictionary<string, string> NotRun = new(StringComparer.Ordinal)
    {
        ["README.md: ./"] = "builds the program, or runs this very test",
        ["README.md: sudo portolan"] = "a host with rules, units and nine servers",
        ["README.md: portolan list -tulpn"] = "programs of a server",
        ["README.md: portolan scan -sT"] = "a network of 255 hosts, and writes files",
        ["README.md: portolan check"] = "a name server and a web server: Checking",
        ["README.md: portolan lab run office"] = "curl in a lab: Lab/LabRunTests",
        ["README.md: portolan lab run scan-me"] = "nmap in a lab: Lab/LabScoreTests",
        ["docs/check.md: "] = "servers with certificates: Checking",
        ["docs/chart.md: "] = "a host with rules and servers",
        ["docs/explain.md: "] = "a host with rules and servers; tests/Portolan.Kernel.Tests/Reachability",
        ["docs/filters.md: ss "] = "another tool, shown for comparison",
        ["docs/firewall.md: "] = "a host with rules and servers: Changing",
        ["docs/forward.md: "] = "targets and clients: Forwarding",
        ["docs/lab"] = "topologies that stand elsewhere on the page, and clients that are not installed everywhere: Lab",
        ["docs/limits.md: "] = "rules of a host",
        ["docs/list.md: "] = "programs of a server",
        ["docs/packetdrill.md: "] = "needs packetdrill",
        ["docs/registry.md: portolan port --update"] = "IANA's file, which is not in the checkout: PortTests",
        ["docs/scan.md: "] = "networks of hosts: Scanning",
        ["docs/throughput.md: "] = "figures of one machine",
        ["docs/transport.md: "] = "builds and runs a sample: CheckoutTests",
        ["docs/who.md: "] = "programs, users and rules of a server",
        ["docs/kernel-differences.md: "] = "needs the kernel's own scripts",
    };

    public static TheoryData<string> Examples => [.. DocumentExample.All().Select(e => e.Key).Where(Situations.ContainsKey)];

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_shows_what_comes(string key)
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root for namespaces of its own");
        var example = DocumentExample.All().First(e => e.Key == key);

        var result = Run(Situations[key], example.Command);

        Assert.True(result.ExitCode is 0 or 1 or 2, $"{key} ended with {result.ExitCode}:\n{result.Output}{result.Error}");
        if (example.Output.Count > 0)
        {
            // Some pages show stderr's lines, others only the data.
            Assert.True(
                example.IsShownBy(result.Output) || example.IsShownBy(result.Output + result.Error),
                $"{key}\nshows\n{string.Join('\n', example.Output)}\nand there came\n{result.Output}{result.Error}");
        }
    }

    [Fact]
    public void Each_example_is_run_or_has_a_reason()
    {
        var keys = DocumentExample.All().Select(e => e.Key).ToList();

        Assert.Empty(keys.Where(key => !Situations.ContainsKey(key) && !NotRun.Keys.Any(start => key.StartsWith(start, StringComparison.Ordinal))));
        Assert.Empty(Situations.Keys.Where(key => !keys.Contains(key)));
    }

    [Fact]
    public void Masks_hide_what_differs_between_two_runs_and_nothing_else()
    {
        Assert.Equal(
            ["tcp LISTEN 0.0.0.0:53 dnsmasq PID", "process web PID, user www, started AGO (TIME)", "scanned in DURATION", "by inet fw input handle N"],
            DocumentExample.Lines("tcp   LISTEN  0.0.0.0:53 dnsmasq 48\n  process  web 7, user www, started 2s ago (2026-11-20T09:43:19.120Z)\nscanned in 0.54 s\nby inet fw input handle 7\n"));
        var example = new DocumentExample("", "", ["one", "…", "port 80 is open"]);
        Assert.True(example.IsShownBy("one\ntwo\nthree\nport 80 is open\n"));
        Assert.False(example.IsShownBy("one\ntwo\nport 81 is open\n"));
    }

    private static RunResult Run(string situation, string command)
    {
        using var folder = new TemporaryFolder();
        var whole =
            $$"""
            cd {{folder.Path}}
            P={{PortolanProgram.Path}}
            portolan() { "$P" "$@"; }
            sudo() { "$@"; }
            serve() {
                perl -MIO::Socket::INET -e '$0 = $ARGV[0]; $s = IO::Socket::INET->new(LocalAddr => $ARGV[1], LocalPort => $ARGV[2], Listen => 64, ReuseAddr => 1) or die; close STDOUT; sleep 100' "$@" &
                until "$P" who $3/tcp >/dev/null 2>&1; do kill -0 $! || exit 99; sleep 0.05; done
            }
            ip link set lo up
            {{situation}}
            {{command}}
            """;

        // A process namespace of its own: what the situation started goes with it.
        return Programs.Run(Programs.Find("unshare", "/usr/bin/unshare"), ["--net", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/bash", "-c", whole]);
    }
}

using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Scanning;

/// <summary>
/// scan --proxies through real proxies of Debian: the targets are in a network that this host has no route to, and nobody forwards.
/// </summary>
public sealed class ProxyTests
{
    // Ports of the target: 80 is a web server, 81 closed; 82 is dropped; for 83 its firewall says that the host is unreachable.
    private const string World =
        """
        set -e
        cd "$1"; P=$2; shift 2
        ip link set lo up
        unshare -n sleep 300 & proxy=$!
        unshare -n sleep 300 & target=$!
        own=$(readlink /proc/self/ns/net)
        for pid in $proxy $target; do until [ "$(readlink /proc/$pid/ns/net)" != "$own" ]; do sleep 0.05; done; done
        in_proxy() { nsenter -t $proxy -n "$@"; }
        in_target() { nsenter -t $target -n "$@"; }
        ip link add here type veth peer name front netns $proxy
        ip address add 198.18.0.1/24 dev here; ip link set here up
        in_proxy ip link add far type veth peer name near netns $target
        in_proxy ip address add 198.18.0.2/24 dev front
        in_proxy ip address add 198.18.1.1/24 dev far
        for link in lo front far; do in_proxy ip link set $link up; done
        in_target ip address add 198.18.1.2/24 dev near
        for link in lo near; do in_target ip link set $link up; done
        in_target nft -f - <<'end'
        table inet t {
            chain c {
                type filter hook input priority 0
                tcp dport 82 drop
                tcp dport 83 reject with icmp host-unreachable
            }
        }
        end
        printf '198.18.1.2 web.example\n' >hosts
        printf 'User nobody\nPort 8888\nListen 198.18.0.2\nTimeout 60\nAllow 0.0.0.0/0\n' >tinyproxy.conf
        printf 'internal: 198.18.0.2 port = 1082\nexternal: far\nsocksmethod: none\nclientmethod: none\n' >danted.conf
        printf 'client pass { from: 0/0 to: 0/0 }\nsocks pass { from: 0/0 to: 0/0 }\n' >>danted.conf
        printf 'socks5://alice:s%%3Acret@198.18.0.2:1081   # the one with a password\n' >proxies
        ssh-keygen -q -t ed25519 -N '' -f hostkey
        ssh-keygen -q -t ed25519 -N '' -f key
        mkdir -p /run/sshd
        cp key.pub authorized; chmod 600 authorized
        {
            in_target /usr/bin/python3 -m http.server --bind 198.18.1.2 80 &
            in_proxy unshare -m sh -c 'mount --bind hosts /etc/hosts; exec microsocks -i 198.18.0.2 -p 1080' &
            in_proxy microsocks -i 198.18.0.2 -p 1081 -u alice -P s:cret &
            in_proxy tinyproxy -d -c "$PWD/tinyproxy.conf" &
            in_proxy danted -f danted.conf &
            in_proxy /usr/sbin/sshd -D -e -f /dev/null -p 2222 -h "$PWD/hostkey" -o AuthorizedKeysFile="$PWD/authorized" \
                -o StrictModes=no -o PermitRootLogin=yes &
        } >log 2>&1 </dev/null
        wait_for() {
            n=0
            until $2 ss -Htln "sport = :$1" | grep -q .; do n=$((n + 1)); [ $n -lt 300 ] || { cat log >&2; exit 99; }; sleep 0.1; done
        }
        wait_for 80 in_target
        for port in 1080 1081 8888 1082 2222; do wait_for $port in_proxy; done
        ssh -q -i key -p 2222 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -N -D 127.0.0.1:1083 root@198.18.0.2 \
            >>log 2>&1 </dev/null &
        wait_for 1083 ''
        "$P" "$@"
        """;

    private const string Dropped = "82 filtered no-response";

    private static string[] Names { get; } = ["microsocks", "tinyproxy", "danted", "sshd", "ssh", "nsenter", "nft"];

    /// <summary>The proxy, and what it says of a closed port and of a host that cannot be reached.</summary>
    public static TheoryData<string, string, string> Proxies => new()
    {
        { "socks5://198.18.0.2:1080", "81 closed conn-refused", "83 filtered host-unreach" },
        { "socks5://198.18.0.2:1082", "81 closed conn-refused", "83 filtered host-unreach" },
        { "socks4://198.18.0.2:1082", "81 closed|filtered dest-unreach", "83 closed|filtered dest-unreach" },
        { "http://198.18.0.2:8888", "81 closed|filtered dest-unreach", "83 closed|filtered dest-unreach" },
        { "socks5://127.0.0.1:1083", "81 closed|filtered dest-unreach", "83 closed|filtered dest-unreach" },
        {
            "socks5://198.18.0.2:1080,http://198.18.0.2:8888,socks5://198.18.0.2:1082", "81 closed conn-refused",
            "83 filtered host-unreach"
        },
    };

    [Theory]
    [MemberData(nameof(Proxies))]
    public void Each_proxy_says_what_it_knows_and_no_more(string proxies, string refused, string unreachable) => Assert.Equal(
        ["80 open syn-ack", refused, Dropped, unreachable],
        PortsOf(Run(0, "scan", "-n", "-p", "80-83", "198.18.1.2", "--proxies", proxies, "--all-states", "--json")));

    [Fact]
    public void Names_are_looked_up_by_the_proxy_and_services_are_identified_through_it()
    {
        var run = Run(0, "scan", "-sV", "-p", "80", "web.example", "--proxies", "socks5://198.18.0.2:1080", "--json");
        Assert.Equal(["80 open syn-ack"], PortsOf(run));
        Assert.Contains("\"product\":\"Python http.server\"", run.Output, StringComparison.Ordinal);
        Assert.Contains("web.example", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_comes_from_a_file_or_a_URL_and_is_written_nowhere()
    {
        Assert.Equal(
            ["80 open syn-ack"],
            PortsOf(Run(0, "scan", "-n", "-p", "80", "198.18.1.2", "--proxies-file", "proxies", "--json")));
        var xml = Run(0, "scan", "-n", "-p", "80", "198.18.1.2", "--proxies", "socks5://alice:s%3Acret@198.18.0.2:1081", "-oX", "-").Output;
        Assert.Contains("state=\"open\"", xml, StringComparison.Ordinal);
        Assert.Contains("socks5://***@198.18.0.2:1081", xml, StringComparison.Ordinal);
        Assert.DoesNotContain("cret", xml, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("socks5://198.18.0.2:9", "proxy socks5://198.18.0.2:9 is unreachable: connection refused")]
    [InlineData("socks5://198.18.0.2:1081", "proxy socks5://198.18.0.2:1081: it requires a user name and password")]
    [InlineData("socks5://alice:wrong@198.18.0.2:1081", "proxy socks5://198.18.0.2:1081: it refuses the user name and password")]
    [InlineData("socks5://198.18.0.2:8888", "proxy socks5://198.18.0.2:8888: it ")]
    [InlineData(
        "socks5://198.18.0.2:1080,http://198.18.0.2:9",
        "proxy http://198.18.0.2:9 is unreachable: socks5://198.18.0.2:1080 says: connection refused")]
    public void A_proxy_that_cannot_be_used_ends_the_scan_and_says_nothing_of_ports(string proxies, string error)
    {
        var run = Run(3, "scan", "-n", "-p", "80", "198.18.1.2", "--proxies", proxies, "--json");
        Assert.Contains(error, run.Error, StringComparison.Ordinal);
        Assert.Empty(PortsOf(run));
    }

    private static RunResult Run(int exitCode, params string[] words)
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root for network namespaces of its own");
        foreach (var name in Names)
        {
            Programs.Find(name, $"/usr/bin/{name}", $"/usr/sbin/{name}");
        }

        using var folder = new TemporaryFolder();
        var run = Programs.Run(
            Programs.Find("unshare", "/usr/bin/unshare"),
            ["--net", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c", World, "sh", folder.Path,
                PortolanProgram.Path, .. words],
            environment: new Dictionary<string, string?> { ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" });
        return run.Expect(exitCode);
    }

    private static List<string> PortsOf(RunResult run) =>
    [
        .. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement)
            .Where(static line => line.GetProperty("event").GetString() == "port")
            .OrderBy(static line => line.GetProperty("port").GetInt32())
            .Select(static line => $"{line.GetProperty("port")} {line.GetProperty("state")} {line.GetProperty("reason")}"),
    ];
}

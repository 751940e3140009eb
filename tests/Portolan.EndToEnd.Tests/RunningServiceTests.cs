using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary>What runs behind the ports of a host with real servers, with odd ones among them, by their owners and by asking.</summary>
public sealed class RunningServiceTests
{
    // Every server is a child of this shell, in network, mount and process namespaces of their own. /opt is root's here; into claimed
    // anybody may write.
    private const string Servers =
        """
        set -e
        cd "$1"; P=$2
        ip link set lo up
        wait_for() { n=0; until ss -Htuln "sport = :$1" | grep -q .; do n=$((n + 1)); [ $n -lt 600 ] || { echo "nothing listens on $1" >&2; exit 99; }; sleep 0.1; done; }
        mount -t tmpfs -o mode=755 none /opt
        mkdir -p /run/sshd www data claimed
        chmod 755 . www; chmod 777 claimed
        ssh-keygen -q -t ed25519 -N '' -f hostkey
        printf 'user root;daemon off;pid %s/pid;error_log stderr;events{}http{access_log off;server{listen 9090;root %s/www;}}' "$PWD" "$PWD" >nginx.conf
        printf 'global: {}\n' >prometheus.yml
        cp "$(readlink -f /usr/bin/perl)" claimed/sshd
        cp "$(readlink -f /usr/bin/perl)" /opt/redis-server
        listen='use IO::Socket::INET; $0 = $ARGV[1]; my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $ARGV[0], Listen => 5) or die; while (my $c = $s->accept) { <$c>; close $c }'
        {
            /usr/sbin/sshd -D -e -p 6390 -h "$PWD/hostkey" &
            nginx -c "$PWD/nginx.conf" &
            prometheus --config.file=prometheus.yml --storage.tsdb.path=data/prometheus --web.listen-address=127.0.0.1:8888 &
            (cd www && exec /usr/bin/python3 -m http.server --bind 127.0.0.1 8011) &
            dnsmasq -k -p 5354 --listen-address=127.0.0.1 --bind-interfaces --no-resolv --no-hosts --user=root --pid-file= -C /dev/null &
            claimed/sshd -e "$listen" 2222 sshd &
            /opt/redis-server -e "$listen" 6391 x &
            perl -e "$listen" 6392 'sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups' &
        } >log 2>&1
        for port in 6390 9090 8888 8011 5354 2222 6391 6392; do wait_for $port; done
        rm /opt/redis-server
        "$P" --json >chart.json
        "$P" >chart.txt
        "$P" --identify --json >identified.json
        "$P" who 6390 >who.txt
        "$P" who 2222 >claimed.txt
        "$P" list -tln --columns localPort,service >list.txt
        setpriv --reuid=65534 --regid=65534 --clear-groups "$P" --json >ordinary.json 2>ordinary.txt
        setpriv --reuid=65534 --regid=65534 --clear-groups "$P" --identify --json >asked.json 2>>ordinary.txt
        tail -n +1 chart.json identified.json ordinary.json asked.json who.txt claimed.txt list.txt chart.txt
        """;

    private static readonly Lazy<Dictionary<string, string>> Outputs = new(Run);

    /// <summary>The port, what SERVICE says, and what identified has: source, protocol, product.</summary>
    public static TheoryData<string, string, string> ByOwner => new()
    {
        { "tcp 6390", "ssh", "program ssh OpenSSH" },
        { "tcp 9090", "http", "program http nginx" },
        { "tcp 8888", "prometheus", "program http Prometheus" },
        { "tcp 8011", "python3 http.server", "script  python3 http.server" },
        { "tcp 5354", "domain", "program domain dnsmasq" },
        { "udp 5354", "domain", "program domain dnsmasq" },
        { "tcp 2222", "ssh?", "program ssh OpenSSH" },
        { "tcp 6391", "redis", "program redis Redis" },
    };

    [Theory]
    [MemberData(nameof(ByOwner))]
    public void The_chart_names_what_runs_by_its_owner_and_marks_a_claim(string port, string shown, string identified)
    {
        var row = Port("chart.json", port);
        var service = row.GetProperty("identified");

        Assert.Equal(identified, $"{Text(service, "source")} {Text(service, "protocol")} {Text(service, "product")}");
        Assert.Equal((shown.EndsWith('?'), shown.TrimEnd('?')), (service.GetProperty("claimed").GetBoolean(), Text(service, "name")));
        Assert.Null(Text(row, "serviceState"));
        Assert.Contains($" {shown} ", Line("chart.txt", $"{port.Split(' ')[1]}/{port.Split(' ')[0]} "), StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_a_process_gives_itself_is_not_believed()
    {
        Assert.Equal(JsonValueKind.Null, Port("chart.json", "tcp 6392").GetProperty("identified").ValueKind);
        Assert.DoesNotContain(" ssh",
            Line("chart.txt", "6392/tcp ").Replace("sshd:", "", StringComparison.Ordinal).Replace("/sshd", "", StringComparison.Ordinal),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_registrys_name_stays_in_the_document()
    {
        Assert.Equal("metaedit-ws", Text(Port("chart.json", "tcp 6390"), "service"));
        Assert.Equal("websm", Text(Port("chart.json", "tcp 9090"), "service"));
    }

    [Fact]
    public void Who_and_list_say_the_same()
    {
        Assert.StartsWith("6390/tcp (ssh) is held by ", Outputs.Value["who.txt"], StringComparison.Ordinal);
        Assert.Contains("  service     ssh (OpenSSH), by its program\n", Outputs.Value["who.txt"], StringComparison.Ordinal);
        Assert.Matches(
            $@"\n  package     openssh-server (\d+:)?{System.Text.RegularExpressions.Regex.Escape(VersionOf("openssh-server"))}\n",
            Outputs.Value["who.txt"]);
        Assert.Contains("  service     perhaps ssh (OpenSSH): a user other than root installed the program and chose its name\n",
            Outputs.Value["claimed.txt"], StringComparison.Ordinal);
        Assert.Contains("ssh?", Line("list.txt", "2222"), StringComparison.Ordinal);
        Assert.Contains("prometheus", Line("list.txt", "8888"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_ordinary_user_sees_the_registrys_name_with_its_mark()
    {
        var row = Port("ordinary.json", "tcp 9090");

        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null),
            (row.GetProperty("identified").ValueKind, row.GetProperty("owners").ValueKind));
        Assert.Equal("websm", Text(row, "service"));
    }

    /// <summary>The port, what answers, and the package whose version it has; <c>-</c> where the bytes carry none.</summary>
    public static TheoryData<string, string, string?> ByAsking => new()
    {
        { "tcp 6390", "ssh OpenSSH", "openssh-server" },
        { "tcp 9090", "http nginx", "nginx-light" },
        { "tcp 8888", "http Prometheus", "prometheus" },
        { "tcp 8011", "http Python http.server", "python3-minimal" },
        { "tcp 5354", "domain dnsmasq", "dnsmasq-base" },
        { "udp 5354", "domain dnsmasq", "dnsmasq-base" },
    };

    [Theory]
    [MemberData(nameof(ByAsking))]
    public void Services_say_themselves_what_they_are_to_root_and_to_an_ordinary_user(string port, string what, string? package)
    {
        foreach (var document in (string[])["identified.json", "asked.json"])
        {
            var row = Port(document, port);
            var service = row.GetProperty("identified");

            Assert.Equal(("identified", "asked"), (Text(row, "serviceState"), Text(service, "source")));
            Assert.Equal(what, $"{Text(service, "protocol")} {Text(service, "product")}");
            Assert.Contains(Text(service, "version")!, VersionOf(package!), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_program_that_looks_like_sshd_and_answers_nothing_stays_a_claim()
    {
        var row = Port("identified.json", "tcp 2222");

        Assert.NotEqual("identified", Text(row, "serviceState"));
        Assert.True(row.GetProperty("identified").GetProperty("claimed").GetBoolean());
    }

    private static JsonElement Port(string document, string port)
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root for namespaces of its own");
        return Assert.Single(JsonSchema.AssertValid(Outputs.Value[document]).GetProperty("ports").EnumerateArray(), p =>
            $"{Text(p, "protocol")} {p.GetProperty("port")}" == port);
    }

    private static string Line(string document, string start)
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root for namespaces of its own");
        return Assert.Single(Outputs.Value[document].Split('\n'), line => line.TrimStart().StartsWith(start, StringComparison.Ordinal));
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static Dictionary<string, string> Run()
    {
        using var folder = new TemporaryFolder();
        var result = Programs.Run(
            Programs.Find("unshare", "/usr/bin/unshare"),
            ["--net", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c", Servers, "sh", folder.Path,
                PortolanProgram.Path],
            environment: new Dictionary<string, string?> { ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" });
        result.Expect(0);

        // tail writes "==> NAME <==" above each file, and an empty line between them.
        return result.Output.Split("==> ", StringSplitOptions.RemoveEmptyEntries).Select(static part =>
            part.Split(" <==\n", 2)).ToDictionary(static p => p[0], static p => p[1], StringComparer.Ordinal);
    }

    // "1:9.2p1-2+deb12u10" without its epoch.
    private static string VersionOf(string package)
    {
        var version = Programs.Run(Programs.Find("dpkg-query", "/usr/bin/dpkg-query"), ["-W", "-f=${Version}", package]).Expect(0).Output;
        return version[(version.IndexOf(':', StringComparison.Ordinal) + 1)..];
    }
}

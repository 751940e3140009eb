using System.Net;
using System.Net.Sockets;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary><c>portolan --identify</c> asks services of this host and of no other, whatever its rules translate.</summary>
public sealed class IdentifyBoundaryTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("198.18.0.1")]
    public void A_rule_that_sends_a_port_to_another_host_does_not_take_the_questions_there(string address)
    {
        using var pair = LabPair.Create();
        using var far = pair.Target.OpenListener(IPAddress.Any);
        var port = ((IPEndPoint)far.LocalEndPoint!).Port;
        using var here = pair.Scanner.OpenTcp(AddressFamily.InterNetwork);
        here.Bind(new IPEndPoint(IPAddress.Parse(address), port));
        here.Listen();
        pair.Scanner.Setting("net/ipv4/conf/all/route_localnet", "1");
        pair.Scanner.Setting("net/ipv4/conf/scan0/route_localnet", "1");
        pair.Scanner.Nft($"table ip t {{ chain o {{ type nat hook output priority -100; tcp dport {port} dnat to 198.18.0.2:{port}; }}\n "
            + $"chain p {{ type nat hook postrouting priority 100; masquerade; }}\n}}\n");

        // An ordinary client is led away.
        using (var client = pair.Scanner.OpenTcp(AddressFamily.InterNetwork))
        {
            client.Connect(IPAddress.Parse("198.18.0.1"), port);
            using var led = far.Accept();
            Assert.Equal("198.18.0.1", ((IPEndPoint)led.RemoteEndPoint!).Address.ToString());
        }

        var (output, error, exit) = pair.Scanner.Execute(PortolanProgram.Path, input: null, "--identify", "--json");

        Assert.True(exit == 0, error);
        var row =
            JsonSchema.AssertValid(output).GetProperty("ports").EnumerateArray().First(p => p.GetProperty("port").GetInt32() == port
            && p.GetProperty("owner").GetProperty("kind").GetString() != "forwarded");
        Assert.NotNull(row.GetProperty("serviceState").GetString());
        Assert.False(far.Poll(0, SelectMode.SelectRead), "another host was asked");
    }

    [Fact]
    public void Services_of_another_namespace_are_asked_inside_of_it_where_that_is_permitted()
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root for namespaces of its own");
        using var folder = new TemporaryFolder();
        var result = Programs.Run(
            Programs.Find("unshare", "/usr/bin/unshare"),
            [
                "--net", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c",
                """
                set -e
                cd "$1"; P=$2
                ip link set lo up
                mkdir -p empty; chmod 755 . empty
                (cd empty && exec unshare --net /bin/sh -c 'ip link set lo up; exec /usr/bin/python3 -m http.server --bind 127.0.0.1 8011' >/dev/null 2>&1) &
                n=0; until nsenter --net=/proc/$!/ns/net ss -Htln 'sport = :8011' | grep -q .; do n=$((n + 1)); [ $n -lt 600 ] || exit 99; sleep 0.1; done
                "$P" --all --identify --json
                echo ---
                setpriv --reuid=65534 --regid=65534 --clear-groups "$P" --all --identify --json 2>/dev/null
                """,
                "sh", folder.Path, PortolanProgram.Path,
            ],
            environment: new Dictionary<string, string?> { ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" });
        var documents = result.Expect(0).Output.Split("---\n");

        var row =
            Assert.Single(JsonSchema.AssertValid(documents[0]).GetProperty("ports").EnumerateArray(), static p =>
            p.GetProperty("port").GetInt32() == 8011);
        Assert.Equal(("identified", "Python http.server"),
            (row.GetProperty("serviceState").GetString(), row.GetProperty("identified").GetProperty("product").GetString()));

        // What privilege hides is not asked, and said.
        var ordinary = JsonSchema.AssertValid(documents[1]);
        Assert.DoesNotContain(ordinary.GetProperty("ports").EnumerateArray(), static p =>
            p.GetProperty("serviceState").GetString() == "identified");
        Assert.NotEmpty(ordinary.GetProperty("missing").EnumerateArray());
    }

    [Fact]
    public void The_help_says_that_bytes_are_sent()
    {
        var help =
            string.Join(' ', PortolanProgram.Run("--help").Expect(0).Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

        Assert.Contains("--identify", help, StringComparison.Ordinal);
        Assert.Contains("this sends bytes to this host's own services, and to no other host", help, StringComparison.Ordinal);
    }
}

using Portolan.Kernel.Tests.Support;
using Portolan.Kernel.Tests.Transport;
using Portolan.Lab.Attaching;
using Portolan.Lab.Running;
using Portolan.Lab.Topology.Reading;
using Portolan.Linux;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Lab;

/// <summary>A DHCP client of Debian on a cable gets its address from a server of the lab, uses it, and gives it back.</summary>
public sealed class AddressClientTests
{
    private const string Text =
        """
        name: lent
        networks: { home: 198.18.0.0/24, far: 198.18.1.0/24 }
        routers: { router: { networks: { home: 198.18.0.1, far: 198.18.1.1 } } }
        hosts:
          box: { address: 198.18.0.2, ports: { dhcp/udp: { service: dhcp, pool: 198.18.0.100-198.18.0.101, lease: 10 }, http: http, dns/udp: dns } }
          server: { address: 198.18.1.10, ports: [http] }
        vantage: { network: home, address: 198.18.0.250 }
        """;

    // What a script of a distribution does, without its files.
    private const string Script =
        """
        #!/bin/sh
        echo "$1 $ip/$mask router $router dns $dns lease $lease domain $domain server $serverid"
        case $1 in
        deconfig) ip address del 198.18.0.250/32 dev lab0 2>/dev/null ;;
        bound) ip address add $ip/$mask broadcast $broadcast dev lab0 && ip route replace 198.18.1.0/24 via $router dev lab0 src $ip ;;
        esac
        """;

    [Fact]
    public async Task Udhcpc_gets_an_address_and_what_has_it_is_reached_by_it()
    {
        var (udhcpc, curl) = (Tool.Find("udhcpc"), Tool.Find("curl"));
        var topology = TopologyReader.Read(Text).OrThrow("text");
        using var host = TunLab.NewHost();
        await using var network = Start(topology, host);
        var script = Path.Combine(Directory.CreateTempSubdirectory("portolan-").FullName, "script");
        await File.WriteAllTextAsync(script, Script, TestContext.Current.CancellationToken);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            var (output, error, exit) = host.Execute(udhcpc, null, "-f", "-n", "-q", "-i", "lab0", "-s", script);
            Assert.True(exit == 0, output + error);
            Assert.Contains(
                "bound 198.18.0.100/24 router 198.18.0.1 dns 198.18.0.2 lease 10 domain lent.lab server 198.18.0.2", output,
                StringComparison.Ordinal);

            // Of its own network, and beyond the router.
            foreach (var (server, name) in ((string, string)[])[("198.18.0.2", "box"), ("198.18.1.10", "server")])
            {
                (output, error, exit) = host.Execute(curl, null, "-sS", "--noproxy", "*", "-m", "10", $"http://{server}/");
                Assert.True(
                    exit == 0 && output.Contains($"<h1>{name}</h1>", StringComparison.Ordinal)
                        && output.Contains("client 198.18.0.100:", StringComparison.Ordinal), output + error);
            }

            // A daemon renews it at half of its ten seconds, and gives it back when it is told to (USR2).
            using var daemon = host.Start(udhcpc, "-f", "-R", "-i", "lab0", "-s", script);
            Assert.Contains("bound 198.18.0.100/24", await LineAsync(daemon, "bound"), StringComparison.Ordinal);
            Assert.Contains("renew 198.18.0.100/24", await LineAsync(daemon, "renew"), StringComparison.Ordinal);
            host.Execute("/bin/kill", null, "-USR2", $"{daemon.Id}");
            Assert.Contains("deconfig", await LineAsync(daemon, "deconfig"), StringComparison.Ordinal);
            daemon.Kill();
            daemon.End();
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(script)!, recursive: true);
        }
    }

    private static async Task<string> LineAsync(System.Diagnostics.Process process, string first)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(TimeSpan.FromSeconds(20));
        while (await process.StandardOutput.ReadLineAsync(late.Token) is { } line)
        {
            if (line.StartsWith(first, StringComparison.Ordinal))
            {
                return line;
            }
        }

        return "";
    }

    private static VirtualNetwork Start(Portolan.Lab.Topology.LabTopology topology, LabHost host)
    {
        try
        {
            // A lab with such a server is on a cable by itself.
            var link = host.Run(() => LabAttachment.Open(topology, AttachmentKind.Any, TimeProvider.System));
            Assert.Contains("cable", link.Description, StringComparison.Ordinal);
            var network = new VirtualNetwork(topology, new VirtualNetworkOptions { Vantage = link });
            network.Start();
            return network;
        }
        catch (LinuxException exception) when (exception.IsPermission || exception.Errno == Errno.NoEntry)
        {
            Assert.Skip(exception.Message);
            throw;
        }
    }
}

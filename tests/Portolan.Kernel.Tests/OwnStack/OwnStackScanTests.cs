using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.OwnStack;

/// <summary>The whole command, between namespaces.</summary>
public sealed class OwnStackScanTests
{
    [Theory]
    [InlineData("198.18.0.2")]
    [InlineData("2001:db8::2")]
    public void Open_ports_are_the_same_with_the_same_evidence_as_of_connections_of_the_kernel(string target)
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp([22, 80, 443, .. Enumerable.Range(8000, 200)]);
        var own = Scan(pair, target, "-p", "1-1000,7900-8300", "--own-stack");
        Assert.Equal(203, own.Open.Count);
        Assert.All(own.Open, static port => Assert.EndsWith(" open handshake", port, StringComparison.Ordinal));
        Assert.Equal(Scan(pair, target, "-p", "1-1000,7900-8300", "-sT").Open, own.Open);
        Assert.Equal(own.Fields, Scan(pair, target, "-p", "1-1000,7900-8300", "-sS").Fields);
        Assert.Equal("", pair.Scanner.Tool("nft", null, "list", "tables").Trim());
    }

    [Fact]
    public void Targets_behind_two_interfaces_and_this_host_are_scanned_together()
    {
        using var pair = LabPair.Create();
        using var other = new LabHost();
        LabHost.Connect(pair.Scanner, "scan1", other, "eth0");
        pair.Scanner.Address("scan1", "192.0.2.1/24");
        other.Address("eth0", "192.0.2.2/24");
        pair.Target.ListenTcp(80);
        other.ListenTcp(81);
        pair.Scanner.ListenTcp(82);
        var (output, error, exit) = pair.Scanner.Execute(
            Program, null, "scan", "198.18.0.1", "198.18.0.2", "192.0.2.2", "-n", "-p", "80-82", "--own-stack", "--no-journal", "--json");
        Assert.True(exit == 0, error);
        var ports = Ports(output);
        Assert.Equal(["82 open syn-ack"], ports["198.18.0.1"]);
        Assert.Equal(["80 open handshake"], ports["198.18.0.2"]);
        Assert.Equal(["81 open handshake"], ports["192.0.2.2"]);
        Assert.Contains("1 open port(s) belong to this host itself", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("198.18.0.2")]
    [InlineData("2001:db8::2")]
    public void Services_are_asked_on_the_connection_of_the_handshake(string target)
    {
        using var pair = LabPair.Create();
        var (ssh, http) = (new CountingServer(pair, "SSH-2.0-OpenSSH_9.2p1\r\n", null),
            new CountingServer(pair, null, "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\n\r\n"));
        var (output, error, exit) = pair.Scanner.Execute(
            Program, null, "scan", target, "-Pn", "-n", "-p", $"{ssh.Port},{http.Port}", "--own-stack", "-sV", "--banners", "--no-journal",
            "--json");
        Assert.True(exit == 0, error + output);
        var found = new Dictionary<int, string>();
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            if (root.GetProperty("event").GetString() == "port")
            {
                var identified = root.GetProperty("identified");
                found.Add(
                    root.GetProperty("port").GetInt32(),
                    $"{root.GetProperty("evidence").GetString()} {identified.GetProperty("product").GetString()} "
                        + $"{identified.GetProperty("version").GetString()} {root.GetProperty("banner").GetString()}");
            }
        }

        Assert.Equal("identified OpenSSH 9.2p1 SSH-2.0-OpenSSH_9.2p1", found[ssh.Port]);
        Assert.Equal("identified nginx 1.22.1 ", found[http.Port]);
        Assert.Equal((1, 1), (ssh.Connections, http.Connections));
        Assert.Equal("", pair.Scanner.Tool("nft", null, "list", "tables").Trim());
    }

    [Fact]
    public void This_host_itself_is_asked_by_connections_of_the_kernel_beside_other_targets()
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(80);
        pair.Scanner.ListenTcp(82);
        var (output, error, exit) = pair.Scanner.Execute(
            Program, null, "scan", "198.18.0.1", "198.18.0.2", "-n", "-p", "80,82", "--own-stack", "-sV", "--version-light", "--no-journal",
            "--json");
        Assert.True(exit == 0, error);
        var ports = Ports(output);
        Assert.Equal(["82 open handshake"], ports["198.18.0.1"]);
        Assert.Equal(["80 open handshake"], ports["198.18.0.2"]);
    }

    [Fact]
    public void The_packet_trace_shows_the_handshakes_and_changes_none()
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(80);
        var (output, error, exit) = pair.Scanner.Execute(
            Program, null, "scan", "198.18.0.2", "-n", "-p", "80", "--own-stack", "--no-journal", "--packet-trace");
        Assert.Equal(0, exit);
        Assert.Contains("handshake", output, StringComparison.Ordinal);
        var sent = error.Split('\n')
            .Where(
                static line =>
                    line.StartsWith("SENT", StringComparison.Ordinal) && line.Contains(" > 198.18.0.2:80 ", StringComparison.Ordinal))
                    .ToList();
        Assert.True(sent.Count >= 4, error); // the probe; then SYN, ACK and RST of the connection
        TestContext.Current.SendDiagnosticMessage(error);
    }

    [Fact]
    public void A_port_that_a_middlebox_answers_for_keeps_what_is_known_of_it()
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(80, 81);

        // The first SYN of a peer is let through, as by a limit of connections: the handshake's own is dropped.
        pair.Target.Nft("""
            table inet filter {
              set seen { type inet_service; flags dynamic; }
              chain in {
                type filter hook input priority 0;
                tcp dport 81 tcp flags syn tcp dport @seen drop
                tcp dport 81 tcp flags syn add @seen { tcp dport }
              }
            }
            """);
        var scan = Scan(pair, "198.18.0.2", "-p", "80,81", "--own-stack", "--max-retries", "1");
        Assert.Equal(["80 open handshake", "81 open syn-ack"], scan.Open);
    }

    [Fact]
    public void An_interface_that_packets_leave_through_the_kernel_is_refused_with_the_remedy()
    {
        using var pair = LabPair.Create();
        pair.Scanner.Ip("link set scan0 arp off");
        var (output, error, exit) =
            pair.Scanner.Execute(Program, null, "scan", "198.18.0.2", "-Pn", "-n", "-p", "80", "--own-stack", "--no-journal");
        Assert.Equal(2, exit);
        Assert.Equal("", output);
        Assert.Contains("--own-stack cannot send over scan0", error, StringComparison.Ordinal);
        Assert.Contains("-sT", error, StringComparison.Ordinal);
        Assert.Equal("", pair.Scanner.Tool("nft", null, "list", "tables").Trim());
    }

    [Fact]
    public void Beside_other_targets_what_is_behind_such_an_interface_keeps_the_evidence_of_the_packet_and_a_warning_says_so()
    {
        using var pair = LabPair.Create();
        using var other = new LabHost();
        LabHost.Connect(pair.Scanner, "scan1", other, "eth0");

        // Without ARP a frame has its sender's address as destination too.
        foreach (var (host, name, address) in new[] { (pair.Scanner, "scan1", "192.0.2.1/24"), (other, "eth0", "192.0.2.2/24") })
        {
            host.Ip($"link set {name} down");
            host.Ip($"link set {name} address 02:00:00:00:00:07 arp off up");
            host.Address(name, address);
        }

        pair.Target.ListenTcp(80);
        other.ListenTcp(81);
        var (output, error, exit) = pair.Scanner.Execute(
            Program, null, "scan", "198.18.0.2", "192.0.2.2", "-Pn", "-n", "-p", "80-82", "--own-stack", "--no-journal", "--json");
        Assert.True(exit == 0, error);
        var ports = Ports(output);
        Assert.Equal(["80 open handshake"], ports["198.18.0.2"]);
        Assert.Equal(["81 open syn-ack"], ports["192.0.2.2"]);
        Assert.Contains("1 open port(s) belong to this host itself or need an interface", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("198.18.0.1")]
    public void This_host_itself_is_refused_with_the_remedy(string target)
    {
        using var pair = LabPair.Create();
        var (output, error, exit) =
            pair.Scanner.Execute(Program, null, "scan", target, "-Pn", "-n", "-p", "80", "--own-stack", "--no-journal");
        Assert.Equal(2, exit);
        Assert.Equal("", output);
        Assert.Contains("--own-stack cannot scan this host itself", error, StringComparison.Ordinal);
        Assert.Contains("-sT", error, StringComparison.Ordinal);
    }

    private static string Program { get; } = BuiltProgram.Path;

    private static Dictionary<string, List<string>> Ports(string output)
    {
        var ports = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            if (root.GetProperty("event").GetString() == "port")
            {
                var address = root.GetProperty("address").GetString()!;
                if (!ports.TryGetValue(address, out var list))
                {
                    ports.Add(address, list = []);
                }

                list.Add($"{root.GetProperty("port").GetInt32()} {root.GetProperty("state").GetString()} "
                    + $"{root.GetProperty("evidence").GetString()}");
            }
        }

        return ports;
    }

    private static (List<string> Open, string Fields) Scan(LabPair pair, string target, params string[] arguments)
    {
        var (output, error, exit) = pair.Scanner.Execute(Program, null, ["scan", target, "-n", "--json", "--no-journal", .. arguments]);
        Assert.True(exit == 0, error + output);
        var open = new SortedDictionary<int, string>();
        var fields = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            var name = json.RootElement.GetProperty("event").GetString();
            foreach (var property in name == "progress" ? default : json.RootElement.EnumerateObject())
            {
                fields.Add($"{name}.{property.Name}");
            }

            if (name == "port")
            {
                var port = json.RootElement.GetProperty("port").GetInt32();
                open.Add(
                    port,
                    $"{port} {json.RootElement.GetProperty("state").GetString()} {json.RootElement.GetProperty("evidence").GetString()}");
            }
        }

        return ([.. open.Values], string.Join(' ', fields));
    }

    /// <summary>A server of the target's kernel that counts the connections that it accepts.</summary>
    private sealed class CountingServer
    {
        private int _connections;

        public CountingServer(LabPair pair, string? greeting, string? answer) => Port = pair.Target.Run(() =>
        {
            var listener = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            listener.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
            listener.Listen(64);
            _ = Task.Run(async () =>
            {
                while (true)
                {
                    var socket = await listener.AcceptAsync();
                    Interlocked.Increment(ref _connections);
                    _ = Task.Run(() => ServeAsync(socket, greeting, answer));
                }
            });
            return ((IPEndPoint)listener.LocalEndPoint!).Port;
        });

        public int Port { get; }

        public int Connections => Volatile.Read(ref _connections);

        private static async Task ServeAsync(Socket socket, string? greeting, string? answer)
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            try
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(greeting ?? ""));
                while (await stream.ReadAsync(new byte[4096]) > 0)
                {
                    if (answer is not null)
                    {
                        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
                        return;
                    }
                }
            }
            catch (IOException)
            {
                // The scanner has reset it.
            }
        }
    }
}

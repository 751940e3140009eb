// Every run is bounded by the time of its world, or by two stacks that answer at once.
#pragma warning disable xUnit1051
using System.Net;
using Microsoft.AspNetCore.Builder;
using Portolan.Lab.Testing;
using Portolan.Linux.Packet;
using Portolan.Linux.Tun;
using Portolan.Model;
using Portolan.Tests.Support;
using Portolan.Transport;
using Portolan.Transport.AspNetCore;
using Portolan.Transport.Links;
using Portolan.Transport.Testing;

namespace Portolan.Tests.Libraries;

/// <summary>
/// The C# samples of the pages are code of this file, line by line, between <c>// sample of PAGE, PAGE</c> and <c>// end</c>: so they
/// compile, and run where they need no device. Whole programs, which begin with <c>using</c>, are those of PackageTests.
/// </summary>
public sealed class DocumentSampleTests
{
    private const string Mark = "// sample of ";

    private static readonly IPEndPoint EndPoint = new(IPAddress.Parse("198.18.0.1"), 80);

    public static TheoryData<string> Pages =>
        [.. Repository.Files()
            .Where(
                static f =>
                    f.EndsWith(".md", StringComparison.Ordinal)
                        && File.ReadAllText(Repository.PathOf(f)).Contains("```csharp\n", StringComparison.Ordinal)).Order(
                            StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_sample_of_a_page_is_code_that_compiles(string page)
    {
        var here = File.ReadAllLines(Repository.PathOf("tests", "Portolan.Tests", "Libraries", "DocumentSampleTests.cs"));
        var samples = here.Index()
            .Where(
                l => l.Item.Trim() is var line && line.StartsWith(Mark, StringComparison.Ordinal)
                    && line[Mark.Length..].Split(", ").Contains(page))
                    .Select(l => Flat(here.Skip(l.Index + 1).TakeWhile(static t => t.Trim() != "// end"))).ToList();

        Assert.Equal(
            DocumentExample.Blocks(page)
                .Where(
                    static b =>
                        b.Language == "csharp" && !b.Lines[0].StartsWith("using Microsoft", StringComparison.Ordinal)
                            && !b.Lines[0].StartsWith("using Portolan", StringComparison.Ordinal)).Select(static b => Flat(b.Lines)),
                            samples);
    }

    [Fact]
    public async Task A_lab_in_a_test()
    {
        // sample of docs/lab-library.md, src/Portolan.Lab/README.md
        await using var lab = TestLab.FromYaml("""
            name: shop
            networks: { net: 198.18.0.0/24 }
            hosts: { web: { address: 198.18.0.10, ports: [http] }, pc: 198.18.0.20 }
            """);
        lab.Run(async () =>
        {
            await using var stream = await lab["pc"].ConnectTcpAsync("web", 80);
        });
        Assert.True(lab.Segments[0].IsSyn);
        Assert.DoesNotContain(lab.Segments, s => s.IsReset);
        // end
    }

    [Fact]
    public async Task First_bytes_with_the_SYN()
    {
        await using var network = new MemoryNetwork();
        var (endPoint, server, client) = (EndPoint, network.AddStack("server", "198.18.0.1/24"),
            network.AddStack("client", "198.18.0.2/24"));

        // sample of docs/transport.md
        using var acceptor = server.ListenTcp(endPoint, new TcpListenOptions { FastOpenQueue = 64 });
        await using var stream = await client.ConnectTcpAsync(endPoint, "GET / HTTP/1.0\r\n\r\n"u8.ToArray());
        // end
        await using var accepted = await acceptor.AcceptAsync(TestContext.Current.CancellationToken);
        Assert.Equal((byte)'G', accepted.ReadByte());
    }

    [Fact]
    public void An_application_in_virtual_time()
    {
        // sample of docs/transport.md
        using var world = new SimWorld(seed: 7, new SimOptions { Keying = FaultKeying.Flow });
        var (client, server) = (world.AddHost("client"), world.AddHost("server"));
        var cable = world.Connect(client, server);
        cable.SetFaults(new FaultProfile { Loss = 0.05, Delay = TimeSpan.FromSeconds(1) });
        client.AddAddress(cable.LeftInterface, "198.18.0.2", 24);
        server.AddAddress(cable.RightInterface, "198.18.0.1", 24);
        world.RunApplication(() => TalkAsync(client.Stack, server.Stack, world.Clock), within: TimeSpan.FromHours(5));
        // end
    }

    [Fact]
    public void The_same_in_the_package()
    {
        // sample of src/Portolan.Transport.Testing/README.md
        using var world = new SimWorld(seed: 7, new SimOptions { Keying = FaultKeying.Flow });
        var (client, server) = (world.AddHost("client"), world.AddHost("server"));
        var cable = world.Connect(client, server);
        cable.SetFaults(new FaultProfile { Loss = 0.05, Delay = TimeSpan.FromSeconds(1) });
        client.AddAddress(cable.LeftInterface, "198.18.0.2", 24);
        server.AddAddress(cable.RightInterface, "198.18.0.1", 24);
        world.RunApplication(() => TalkAsync(client.Stack, server.Stack), within: TimeSpan.FromMinutes(5));
        // end
    }

    [Fact]
    public async Task Two_stacks_in_memory()
    {
        // sample of src/Portolan.Transport/README.md
        await using var network = new MemoryNetwork(new MemoryNetworkOptions { Faults = new FaultProfile { Loss = 0.01 } });
        var server = network.AddStack("server", "198.18.0.1/24");
        var client = network.AddStack("client", "198.18.0.2/24");

        using var acceptor = server.ListenTcp(new IPEndPoint(IPAddress.Any, 7));
        var connecting = client.ConnectTcpAsync("server", 7);
        await using var accepted = await acceptor.AcceptAsync();
        await using var stream = await connecting;          // a System.IO.Stream, and pipes
        // end
        Assert.Equal(7, ((IPEndPoint)stream.RemoteEndPoint).Port);
    }

    [Fact]
    public async Task Kestrel_and_HttpClient()
    {
        await using var network = new MemoryNetwork();
        var (server, client) = (network.AddStack("server", "198.18.0.1/24"), network.AddStack("client", "198.18.0.2/24"));
        var builder = WebApplication.CreateSlimBuilder();

        // sample of src/Portolan.Transport.AspNetCore/README.md
        builder.WebHost.UsePortolan(server);                            // Kestrel listens in the stack
        using var http = new HttpClient(client.CreateHttpHandler());    // HttpClient connects through it
        // end
        Assert.NotNull(builder);
    }

    [Fact]
    public void Addresses_and_ports()
    {
        // sample of src/Portolan.Model/README.md
        var address = InternetAddress.From(IPAddress.Parse("2001:db8::1"));
        var port = new PortNumber(443);
        // end
        Assert.Equal("2001:db8::1 443", $"{address} {port}");
    }

    [Fact]
    public async Task Devices_need_privilege()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "would make a device in this network");
        await Assert.ThrowsAnyAsync<Exception>(static () => Task.Run(OpenTun));
        await Assert.ThrowsAnyAsync<Exception>(static () => Task.Run(OpenEthernet));
    }

    private static void OpenTun()
    {
        // sample of src/Portolan.Linux/README.md
        var stack = new NetworkStack();
        stack.Attach(TunLink.Open(new TunOptions { Name = "tun0" }), "198.18.7.2/24");
        // end
    }

    private static void OpenEthernet()
    {
        using var stack = new NetworkStack();

        // sample of src/Portolan.Linux/README.md
        stack.Attach(EthernetLink.Open(new EthernetLinkOptions { Name = "eth0" }), "192.0.2.7/24");
        // end
    }

    /// <summary>The application of the samples: a question and its answer.</summary>
    private static async Task TalkAsync(NetworkStack client, NetworkStack server, TimeProvider? clock = null)
    {
        using var acceptor = server.ListenTcp(EndPoint);
        var accepting = acceptor.AcceptAsync();
        await using var stream = await client.ConnectTcpAsync(EndPoint);
        await using var accepted = await accepting;
        await stream.WriteAsync("?"u8.ToArray());
        Assert.Equal((byte)'?', await ReadByteAsync(accepted));
        if (clock is not null)
        {
            await Task.Delay(TimeSpan.FromHours(1), clock);
        }
    }

    private static async Task<byte> ReadByteAsync(Stream stream)
    {
        var buffer = new byte[1];
        await stream.ReadExactlyAsync(buffer);
        return buffer[0];
    }

    private static string Flat(IEnumerable<string> lines) => string.Join('\n', lines.Select(static l => l.Trim()));
}

using Portolan.Lab.Services;
using Portolan.Model;

namespace Portolan.Tests.Lab.Services;

/// <summary>Whatever bytes come, a service never throws, and ends when its client does.</summary>
[Trait("Quick", "no")]
public sealed class GarbageTests
{
    private const int Rounds = 12;

    public static TheoryData<string> Streams => [.. ServiceCatalogue.All.OfType<IStreamService>().Select(s => s.Name)];

    public static TheoryData<string> Datagrams => [.. ServiceCatalogue.All.OfType<IDatagramService>().Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Any_bytes_over_a_connection_are_survived(string service)
    {
        await using var world = new ServiceWorld();
        world.Serve(service, 4000, service == "telnet" ? [("pause", "0")] : []);
        var seed = Environment.GetEnvironmentVariable("PORTOLAN_SEED") is { } text
            ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)
            : 1;
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = GarbageBytes.Make(new Random((seed * 1000) + round), service);
            await using var talk = await world.ConnectAsync(4000);
            var reading = ReadAllAsync(talk.Stream);
            try
            {
                await talk.SendAsync(bytes);
                talk.EndSending();
                await reading.WaitAsync(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
            }
            catch (Exception exception) when (exception is IOException or TimeoutException)
            {
                // The server may have closed before it had all, and chargen goes on until it is closed.
            }
        }

        await world.AllTalksEndAsync();
    }

    [Theory]
    [MemberData(nameof(Datagrams))]
    public async Task Any_datagram_is_survived(string name)
    {
        await using var world = new ServiceWorld();
        var service = (IDatagramService)ServiceCatalogue.All.Single(s => s.Name == name);
        var call = new ServiceCall(
            world.Server, new Portolan.Lab.Topology.ServiceSpec(name), new(System.Net.IPAddress.Parse(ServiceWorld.ServerAddress), 4000),
            new(System.Net.IPAddress.Parse("198.18.0.9"), 50000));
        var reply = new byte[65507];
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = GarbageBytes.Make(new Random(round), name);
            var answered = service.TryAnswer(bytes.AsSpan(0, Math.Min(bytes.Length, 512)), call, reply, out var length);
            Assert.InRange(length, 0, reply.Length);
            Assert.True(answered || length >= 0);
        }
    }

    [Fact]
    public void Every_service_has_a_name_of_its_own_and_says_what_it_is()
    {
        Assert.Equal(ServiceCatalogue.All.Count, ServiceCatalogue.All.Select(s => s.Name).Distinct().Count());
        Assert.All(ServiceCatalogue.All, s =>
        {
            Assert.Matches("^[a-z0-9][a-z0-9-]*$", s.Name);
            Assert.NotEmpty(s.Summary);
            Assert.All(s.Settings, setting => Assert.Matches("^[a-z0-9][a-z0-9-]*$", setting.Name));
            Assert.True(ServiceCatalogue.TryFind(s.Name, out var found) && found == s);
        });
    }

    [Fact]
    public void No_two_services_are_usual_on_a_port_of_a_protocol()
    {
        foreach (var protocol in (TransportProtocol[])[TransportProtocol.Tcp, TransportProtocol.Udp])
        {
            var usual = ServiceCatalogue.All.Where(
                s => s.UsualPort is not null && (protocol == TransportProtocol.Tcp ? s is IStreamService : s is IDatagramService)).ToList();
            Assert.All(usual, s => Assert.Same(s, ServiceCatalogue.UsualOn(protocol, s.UsualPort!.Value)));
        }
    }

    private static async Task ReadAllAsync(Stream stream)
    {
        var buffer = new byte[16384];
        try
        {
            while (await stream.ReadAsync(buffer, TestContext.Current.CancellationToken) > 0)
            {
                // Thrown away.
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // Reset, or closed by the test.
        }
    }
}

using System.Net;
using Portolan.Lab.Running;
using Portolan.Lab.Services.Dhcp;
using Portolan.Model;
using Portolan.Tests.Lab.Topology;
using Portolan.Transport;

namespace Portolan.Tests.Lab.Running;

/// <summary>A host that asks for its address where the server gives times or answers that make no sense.</summary>
public sealed class DhcpClientTests
{
    private const uint Untold = uint.MaxValue;

    private static readonly InternetAddress Server = SmallLab.Address("198.18.0.2");

    [Theory]
    [InlineData(3600, 0, Untold, 64)]
    [InlineData(3600, 0, 0, 64)]
    [InlineData(3600, 1, 2, 64)]
    [InlineData(3600, 5000, 4000, 64)]
    [InlineData(3600, Untold, Untold, 10)]
    [InlineData(0, 0, 0, 400)]
    [InlineData(1, Untold, Untold, 7300)]
    public async Task Whatever_times_a_server_tells_it_asks_with_pauses(uint lease, uint renewal, uint rebinding, int mostAsked)
    {
        var asked = await AskForAnHourAsync(DhcpKind.Ack, lease, renewal, rebinding);
        Assert.InRange(asked, 2, mostAsked);
    }

    [Fact]
    public async Task An_address_that_is_offered_and_refused_again_and_again_is_asked_for_with_pauses() =>
        Assert.InRange(await AskForAnHourAsync(DhcpKind.Nak, 3600, Untold, Untold), 20, 730);

    /// <summary>How many messages a client sends in an hour.</summary>
    private static async Task<int> AskForAnHourAsync(DhcpKind answer, uint lease, uint renewal, uint rebinding)
    {
        const int TooMany = 20_000;
        var asked = 0;
        await using var lab = new VirtualNetwork(
            Topologies.Read("networks: { home: 198.18.0.0/24 }\nhosts: { pc: { address: dhcp }, box: 198.18.0.2 }\n"),
            new VirtualNetworkOptions { IsVirtualTime = true });
        using var ends = new CancellationTokenSource();
        lab.Run(
            async () =>
            {
                using var server = lab.StackOf("box").BindUdp(new IPEndPoint(IPAddress.Any, DhcpMessage.ServerPort));
                _ = ServeAsync(server);
                using var hour = new CancellationTokenSource(TimeSpan.FromHours(1), lab.Time);
                await Task.Delay(Timeout.Infinite, CancellationTokenSource.CreateLinkedTokenSource(hour.Token, ends.Token).Token)
                    .ContinueWith(static _ => { }, TaskScheduler.FromCurrentSynchronizationContext());
            },
            TimeSpan.FromHours(2));
        return asked;

        async Task ServeAsync(UdpEndpoint server)
        {
            var room = new byte[2000];
            while (true)
            {
                var received = await server.ReceiveAsync(room);
                if (!DhcpMessage.TryRead(room.AsSpan(0, received.Length), out var message))
                {
                    continue;
                }

                if (++asked == TooMany)
                {
                    await ends.CancelAsync();
                    return;
                }

                var reply = Write(message.Kind == DhcpKind.Discover ? DhcpKind.Offer : answer, message, lease, renewal, rebinding);
                await server.SendAsync(reply, new IPEndPoint(IPAddress.Broadcast, DhcpMessage.ClientPort));
            }
        }
    }

    private static byte[] Write(DhcpKind kind, DhcpMessage message, uint lease, uint renewal, uint rebinding)
    {
        var room = new byte[DhcpWriter.MaxLength];
        var writer = new DhcpWriter(room, kind, message.Transaction, message.HardwareType, message.HardwareAddress);
        writer.SetAddresses(
            true, InternetAddress.AnyIPv4, kind == DhcpKind.Nak ? InternetAddress.AnyIPv4 : SmallLab.Address("198.18.0.77"));
        writer.Add(DhcpOption.ServerIdentifier, Server);
        writer.Add(DhcpOption.LeaseTime, lease);
        if (renewal != Untold)
        {
            writer.Add(DhcpOption.RenewalTime, renewal);
        }

        if (rebinding != Untold)
        {
            writer.Add(DhcpOption.RebindingTime, rebinding);
        }

        writer.Add(DhcpOption.SubnetMask, SmallLab.Address("255.255.255.0"));
        return room[..writer.Finish()];
    }
}

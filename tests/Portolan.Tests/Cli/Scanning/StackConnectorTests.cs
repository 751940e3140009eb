using Portolan.Cli.Scanning.OwnStack;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Tests.Cli.Scanning;

/// <summary>What a connector does where its interface cannot be opened.</summary>
public sealed class StackConnectorTests
{
    private static readonly InternetAddress Here = InternetAddress.FromIPv4(0xc612_0001);
    private static readonly InternetAddress There = InternetAddress.FromIPv4(0xc612_0002);

    [Fact]
    public void An_interface_that_cannot_be_opened_for_good_is_tried_once()
    {
        var network = new Network(Errno.NotPermitted);
        using var connector = Connector(network);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(new ConnectStart(ConnectStartResult.Denied, Errno.NotPermitted), connector.TryStart(Attempt(i)));
        }

        Assert.Equal(1, network.Opened);
    }

    [Fact]
    public void What_is_short_for_now_is_asked_for_again()
    {
        var network = new Network(Errno.NoMemory);
        using var connector = Connector(network);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(new ConnectStart(ConnectStartResult.Busy, Errno.NoMemory), connector.TryStart(Attempt(i)));
        }

        Assert.Equal(3, network.Opened);
    }

    private static StackConnector Connector(INetwork network) => new(
        network, new StackConnectorOptions
        {
            Ports = new PortRange(new PortNumber(60000), new PortNumber(60015)),
            Clock = TimeProvider.System,
            Seed = 4711,
        });

    private static ConnectAttempt Attempt(int token) =>
        new((ulong)token, TransportProtocol.Tcp, There, 0, new PortNumber(80), TimeSpan.FromSeconds(1), default);

    private sealed class Network(int errno) : INetwork
    {
        internal int Opened { get; private set; }

        public RouteAnswer FindRoute(InternetAddress destination, string? interfaceName = null, InternetAddress? source = null) =>
            new(new Route(7, "tun0", LinkLayer.Ip, Here, null, IsLocal: false, 1500), null, null);

        public bool TryFindNeighbour(int interfaceIndex, InternetAddress address, out MacAddress hardwareAddress)
        {
            hardwareAddress = default;
            return false;
        }

        public IPacketLink Open(Route route)
        {
            Opened++;
            throw new LinuxException(errno, "open a packet socket");
        }
    }
}

using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Scan.Formats;
using Portolan.Scan.Identification;
using Portolan.Scan.Results;

namespace Portolan.Tests.Scan.Formats;

/// <summary>A port that keeps silent may be a service that answers no stranger: said as a guess, never as what was found.</summary>
public sealed class SilentServiceTests
{
    [Theory]
    [InlineData(51820, TransportProtocol.Udp, PortState.OpenFiltered, "wireguard")]
    [InlineData(51820, TransportProtocol.Udp, PortState.Open, null)]
    [InlineData(51820, TransportProtocol.Udp, PortState.Closed, null)]
    [InlineData(51820, TransportProtocol.Tcp, PortState.OpenFiltered, null)]
    [InlineData(51821, TransportProtocol.Udp, PortState.OpenFiltered, null)]
    public void Only_a_silent_port_of_its_own_may_be_WireGuard(ushort number, TransportProtocol protocol, PortState state, string? mayBe)
    {
        var port = new PortResult(
            new ProbePort(protocol, new PortNumber(number)), state, ReplyReason.NoResponse, 0, Evidence.None, null);
        Assert.Equal(mayBe, SilentServices.MayBe(port));
        Assert.Equal(mayBe is null ? "unknown" : "wireguard?", ServiceText.NameOf(port, ServiceRegistry.BuiltIn));
        Assert.Equal(
            mayBe is null ? null : "silent: may be wireguard, or another silent service", ServiceText.ColumnOf(port));
        Assert.Null(port.Service);
    }
}

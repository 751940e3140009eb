using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;
using Portolan.Tests.Model;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Targets;

public sealed class ProbePortsTests
{
    [Fact]
    public void Every_port_has_its_number_and_others_have_none()
        => Prop.ForAll(PortSets.Sets, PortSets.Sets, PortSets.Ports, (tcp, udp, other) =>
        {
            var ports = new ProbePorts(new PortSelection(tcp, udp).ToArray());
            for (var i = 0; i < ports.Count; i++)
            {
                if (ports.IndexOf(ports[i]) != i)
                {
                    return false;
                }
            }

            return ports.Count == tcp.Count + udp.Count
                && ports.IndexOf(new ProbePort(TransportProtocol.Tcp, other)) >= 0 == tcp.Contains(other)
                && ports.IndexOf(new ProbePort(TransportProtocol.Udp, other)) >= 0 == udp.Contains(other)
                && ports.IndexOf(new ProbePort(TransportProtocol.Sctp, other)) < 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

    [Fact]
    public void Any_order_is_kept()
    {
        ProbePort[] list = [new(TransportProtocol.Udp, new(53)), new(TransportProtocol.Tcp, new(80)), new(TransportProtocol.Tcp, new(22))];
        var ports = new ProbePorts(list);
        Assert.Equal(list, Enumerable.Range(0, 3).Select(i => ports[i]));
        Assert.Equal([0, 1, 2], list.Select(ports.IndexOf));
        Assert.Throws<ArgumentException>(() => new ProbePorts([list[0], list[0]]));
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        var ports = new ProbePorts(Plans.Tcp("-").ToArray());
        Assert.Equal(0, Allocations.Fewest(() => ports.IndexOf(new ProbePort(TransportProtocol.Tcp, new PortNumber(443)))));
    }
}

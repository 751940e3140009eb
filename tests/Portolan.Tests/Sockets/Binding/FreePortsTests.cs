using FsCheck;
using FsCheck.Fluent;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Sockets.Binding;
using Portolan.Tests.Support;

namespace Portolan.Tests.Sockets.Binding;

public sealed class FreePortsTests
{
    private static readonly TransportProtocol[] Both = [TransportProtocol.Tcp, TransportProtocol.Udp];

    [Fact]
    public void The_lowest_free_port_comes_first() =>
        Assert.Equal(
            [8001, 8004],
            Find(
                new MachineBuilder().Listen("0.0.0.0:8000").Udp("127.0.0.1:8002").TimeWait("10.0.0.1:8003", "10.0.0.2:1"), "8000-8010",
                count: 2));

    [Fact]
    public void The_nearest_free_port_comes_first_and_the_higher_of_two() =>
        Assert.Equal([8081, 8079, 8082, 8078], Find(new MachineBuilder().Listen("0.0.0.0:8080"), "1-65535", count: 4, near: 8080));

    [Fact]
    public void A_port_outside_the_range_can_be_what_others_are_near_to() =>
        Assert.Equal([1024, 1025], Find(new MachineBuilder(), "1024-65535", count: 2, near: 80));

    [Fact]
    public void A_port_of_the_other_protocol_is_free_for_this_one()
    {
        var machine = new MachineBuilder().Udp("0.0.0.0:8000");

        Assert.Equal([8000], Find(machine, "8000-8010", protocols: [TransportProtocol.Tcp]));
        Assert.Equal([8001], Find(machine, "8000-8010", protocols: [TransportProtocol.Udp]));
        Assert.Equal([8001], Find(machine, "8000-8010", protocols: Both));
    }

    [Fact]
    public void Another_namespaces_port_is_free_here() =>
        Assert.Equal([8000], Find(new MachineBuilder().Listen("0.0.0.0:8000").InNamespace("blue"), "8000-8010"));

    [Fact]
    public void Ports_that_the_kernel_reserves_or_the_registry_assigns_are_skipped()
    {
        var settings = new KernelSettings { EphemeralRange = new EphemeralRange(PortRange.All, PortSet.Parse("8000-8002")) };
        var search = new FreePortSearch(new PortRange(new PortNumber(8000), new PortNumber(8010)), 1, null, Both, SkipAssigned: true);

        Assert.Equal(
            [8004],
            FreePorts.Find(search, new PortSet(), settings, new Referee(), PortsInUse.Unknown, p => p.Value == 8003).Select(p => (int)p));
        Assert.Equal(
            [8003],
            FreePorts.Find(
                search with { SkipAssigned = false }, new PortSet(), settings, new Referee(), PortsInUse.Unknown,
                p => p.Value == 8003).Select(
                    p => (int)p));
    }

    [Fact]
    public void What_the_kernel_refuses_is_not_free()
    {
        var search = new FreePortSearch(new PortRange(new PortNumber(0), new PortNumber(65535)), 1, null, Both, SkipAssigned: false);

        Assert.Equal(
            [1024],
            FreePorts.Find(
                search, new PortSet(), MachineBuilder.Settings, new Referee(refuses: a => a.Port.Value < 1024 ? BindTrial.AccessDenied : 0),
                PortsInUse.Unknown, _ => false).Select(p => (int)p));
        Assert.Equal(
            [2],
            FreePorts.Find(
                search, new PortSet(), MachineBuilder.Settings,
                new Referee(refuses: a => a is { Port.Value: 1, Protocol: TransportProtocol.Udp } ? BindTrial.InUse : 0),
                PortsInUse.Unknown,
                _ => false).Select(p => (int)p));
        Assert.Empty(FreePorts.Find(
            search, new PortSet(), MachineBuilder.Settings, new Referee(refuses: _ => BindTrial.NoFamily), PortsInUse.Unknown, _ => false));
    }

    [Theory]
    [InlineData("1024-32767", 32768, 60999)]
    [InlineData("1024-9999", 10000, 65535)]
    [InlineData("1024-65535", 1024, 65535)]
    [InlineData("1024-49151", 50000, 60000)]
    public void The_default_range_lies_below_the_ephemeral_one(string expected, int first, int last) =>
        Assert.Equal(
            expected,
            FreePorts.DefaultRange(new KernelSettings { EphemeralRange = MachineBuilder.Range((ushort)first, (ushort)last) }).ToString());

    [Fact]
    public void A_used_reserved_or_outside_port_is_never_returned_and_no_free_one_is_missed()
    {
        var ports = Gen.Choose(0, 300).Select(p => (ushort)p).ArrayOf();
        var input = from used in ports
                    from reserved in ports
                    from a in Gen.Choose(0, 300)
                    from b in Gen.Choose(0, 300)
                    from near in Gen.Choose(-1, 300)
                    from count in Gen.Choose(1, 400)
                    select (used, reserved, Math.Min(a, b), Math.Max(a, b), near, count);
        Check.QuickThrowOnFailure(Prop.ForAll(input.ToArbitrary(), x =>
        {
            var (usedPorts, reservedPorts, first, last, near, count) = x;
            var used = new PortSet();
            var machine = new MachineBuilder();
            foreach (var port in usedPorts.Where(p => p > 0))
            {
                machine.Listen($"127.0.0.1:{port}");
                used.Add(new PortNumber(port));
            }

            var reserved = new PortSet([.. reservedPorts.Select(p => new PortNumber(p))]);
            var range = new PortRange(new PortNumber((ushort)first), new PortNumber((ushort)last));
            var search = new FreePortSearch(range, count, near < 0 ? null : new PortNumber((ushort)near), Both, SkipAssigned: false);
            var settings = new KernelSettings { EphemeralRange = new EphemeralRange(PortRange.All, reserved) };

            var found =
                FreePorts.Find(search, FreePorts.Used(machine.Snapshot, Both), settings, new Referee(), PortsInUse.Unknown, _ => false);

            var expected = new PortSet(range) - used - reserved - new PortSet(PortNumber.Zero);
            var inOrder = near < 0
                ? expected.OrderBy(p => p.Value)
                : expected.OrderBy(p => Math.Abs(p.Value - near)).ThenByDescending(p => p.Value);
            return found.SequenceEqual(inOrder.Take(count));
        }));
    }

    private static IEnumerable<int> Find(
        MachineBuilder machine, string range, int count = 1, int? near = null, TransportProtocol[]? protocols = null)
    {
        var search = new FreePortSearch(
            PortSet.Parse(range).Ranges.First(), count, near is { } n ? new PortNumber((ushort)n) : null, protocols ?? Both,
            SkipAssigned: false);
        return FreePorts.Find(
            search, FreePorts.Used(machine.Snapshot, search.Protocols), MachineBuilder.Settings, new Referee(), PortsInUse.Unknown,
            _ => false)
            .Select(p => (int)p);
    }
}

using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Filtering.Syntax;
using Portolan.Sockets.Owners;

namespace Portolan.Tests.Sockets.Filtering;

/// <summary>Random filters and sockets, drawn from few values so that they often meet.</summary>
internal static class FilterGenerators
{
    private static readonly ushort[] Ports = [0, 1, 22, 80, 443, 1023, 1024, 8080, 32768, 60999, 65535];
    private static readonly string[] Networks =
        ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "0.0.0.0/32", "192.0.2.128/25", "::/0", "::/128", "2001:db8::/32",
            "2001:db8::1/128", "::ffff:0.0.0.0/95", "8000::/1"];

    private static readonly string[] Addresses =
        ["0.0.0.0", "10.1.2.3", "10.2.0.1", "192.0.2.200", "192.0.2.1", "::", "::1", "2001:db8::1", "2001:db9::1", "::ffff:10.1.2.3",
            "::ffff:192.0.2.200", "::ffff:0.0.0.0", "fe80::1"];

    private static readonly string[] Texts = [
        "nginx", "sshd", "a b", "and", "x*", "*", "?sh?", "ngin*", "quo\"te", "back\\slash", "paren(", "self", "blue", "a,b", "ssh.service",
        "4f5e6a"];

    private static Gen<PortTerm> PortTerms => Gen.OneOf(
        PortRanges.Select(static range => new PortTerm(range, null)),
        Gen.Elements("ssh", "http", "syslog", "x11", "http-alt").Select(
            static name => new PortTerm(default, new FilterValue(name, 0, name.Length))));

    private static Gen<PortRange> PortRanges => Gen.Elements(Ports).Two().Select(static pair => new PortRange(
        new PortNumber(Math.Min(pair.Item1, pair.Item2)), new PortNumber(Math.Max(pair.Item1, pair.Item2))));

    private static Gen<SocketEnd> Ends => Gen.Elements(SocketEnd.Either, SocketEnd.Local, SocketEnd.Remote);

    private static Gen<FilterComparison> Orders =>
        Gen.Elements(FilterComparison.Less, FilterComparison.LessOrEqual, FilterComparison.Greater, FilterComparison.GreaterOrEqual);

    private static Gen<FilterNode> PortNodes => Gen.OneOf(
        from end in Ends from terms in Some(PortTerms) select (FilterNode)new PortNode(end, FilterComparison.Equal, terms),
        from end in Ends
        from order in Orders
        from port in Gen.Elements(Ports)
        select (FilterNode)new PortNode(end, order, [new PortTerm(new PortRange(new PortNumber(port), new PortNumber(port)), null)]));

    private static Gen<HostTerm> HostTerms => Gen.Frequency(
        (6, from family in Gen.Elements(SocketFamilies.None, SocketFamilies.None, SocketFamilies.IPv4, SocketFamilies.IPv6)
            from network in Gen.Elements(Networks).OrNull()
            from port in Gen.OneOf(Gen.Constant((PortTerm?)null), PortTerms.Select(static term => (PortTerm?)term))
            select Host(family, network, port)),
        (1, Gen.Elements(Texts).Select(static text => new HostTerm { UnixPath = text })));

    private static Gen<FilterNode> HostNodes =>
        from end in Ends from terms in Some(HostTerms) select (FilterNode)new HostNode(end, terms);

    private static Gen<NumberRange> Numbers => Gen.Elements<uint>(0, 1, 5, 33, 100, 1000, uint.MaxValue).Two()
        .Select(static pair => new NumberRange(Math.Min(pair.Item1, pair.Item2), Math.Max(pair.Item1, pair.Item2)));

    private static Gen<FilterNode> Leaves => Gen.Frequency(
        (4, PortNodes),
        (4, HostNodes),
        (2, Gen.Choose(1, (int)StateWords.All).Select(static bits => (FilterNode)new StateNode(((uint)bits | 1) & StateWords.All))),
        (1, Gen.Choose(1, 511).Select(static bits => (FilterNode)new ProtocolNode((SocketProtocols)bits))),
        (1, Gen.Choose(1, 15).Select(static bits => (FilterNode)new FamilyNode((SocketFamilies)bits))),
        (1, Gen.Constant<FilterNode>(new AutoboundNode())),
        (1, from which in Gen.Elements(FilterFields.Pid, FilterFields.ReceiveQueue, FilterFields.SendQueue)
            from ranges in Some(Numbers)
            select (FilterNode)new NumberNode(which, FilterComparison.Equal, ranges)),
        (1, from which in Gen.Elements(FilterFields.Pid, FilterFields.ReceiveQueue, FilterFields.SendQueue)
            from order in Orders
            from number in Gen.Elements<uint>(0, 5, 100, uint.MaxValue)
            select (FilterNode)new NumberNode(which, order, [new NumberRange(number, number)])),
        (2, from which in Gen.Elements(
            FilterFields.Process, FilterFields.Unit, FilterFields.Container, FilterFields.Namespace, FilterFields.Path)
            from texts in Some(Gen.Elements(Texts))
            select (FilterNode)new PatternNode(which, texts)),
        (1, from terms in Some(Gen.OneOf(
                Numbers.Select(static ids => new UserTerm(ids, null)),
                Gen.Elements("root", "ada", "www-data").Select(
                    static name => new UserTerm(default, new FilterValue(name, 0, name.Length)))))
            select (FilterNode)new UserNode(FilterComparison.Equal, terms)),
        (1, from names in Some(Gen.Elements("ssh", "syslog", "x11").Select(static name => new FilterValue(name, 0, name.Length)))
            select (FilterNode)new ServiceNode(names)),
        (1, from names in Some(Gen.Elements("lo", "eth0", "7").Select(static name => new FilterValue(name, 0, name.Length)))
            select (FilterNode)new InterfaceNode(names)));

    /// <summary>Filters of any kind.</summary>
    public static Arbitrary<FilterNode> Filters => Arb.From(Gen.Sized(size => Trees(Leaves, Math.Min(size, 8))), Shrink);

    /// <summary>Filters of which the kernel can decide everything: ports, networks and families, in few enough operations.</summary>
    public static Arbitrary<FilterNode> KernelFilters => Arb.From(
        Gen.Sized(size => Trees(
            Gen.OneOf(
                from end in Gen.Elements(SocketEnd.Local, SocketEnd.Remote)
                from range in PortRanges
                select (FilterNode)new PortNode(end, FilterComparison.Equal, [new PortTerm(range, null)]),
                from end in Gen.Elements(SocketEnd.Local, SocketEnd.Remote)
                from network in Gen.Elements(Networks)
                select (FilterNode)new HostNode(end, [Host(SocketFamilies.None, network, null)]),
                Gen.Elements(SocketFamilies.IPv4, SocketFamilies.IPv6, SocketFamilies.Unix).Select(
                    static family => (FilterNode)new FamilyNode(family))),
            Math.Min(size, 5))),
        Shrink);

    /// <summary>Several sockets of any kind.</summary>
    public static Arbitrary<List<SocketEntry>> Sockets => Arb.From(Entries.ListOf(20).Select(static entries => entries.ToList()));

    /// <summary>Several internet sockets, as the kernel's machine gets to see them.</summary>
    public static Arbitrary<List<SocketEntry>> InternetSockets =>
        Arb.From(Entries.Where(static entry => entry.Protocol < SocketProtocol.Unix).ListOf(20).Select(static entries => entries.ToList()));

    private static Gen<SocketEntry> Entries =>
        from protocol in Gen.Choose(0, (int)SocketProtocol.Packet)
        from state in Gen.Elements(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14)
        from ends in Gen.Elements(Addresses).Two()
        from ports in Gen.Elements(Ports).Two()
        from rest in Gen.Choose(0, 1 << 20)
        select Socket((SocketProtocol)protocol, (SocketState)state, ends.Item1, ends.Item2, ports.Item1, ports.Item2, new Random(rest));

    /// <summary>What may be known beside the entries: everything, with some processes hidden, with some gone too, nothing.</summary>
    public static IReadOnlyList<FilterContext> Contexts { get; } = [
        Context(0, all: true), Context(4, all: true), Context(4, all: false), FilterContext.EntryOnly];

    private static Gen<FilterNode> Trees(Gen<FilterNode> leaves, int size) => size <= 1 ? leaves : Gen.Frequency(
        (2, leaves),
        (2, Trees(leaves, size - 1).Select(static node => (FilterNode)new NotNode(node))),
        (3, Trees(leaves, size / 2).ListOf(2).Select(static nodes => (FilterNode)new AndNode([.. nodes]))),
        (3, Trees(leaves, size / 2).ListOf(2).Select(static nodes => (FilterNode)new OrNode([.. nodes]))),
        (1, Trees(leaves, size / 3).ListOf(3).Select(static nodes => (FilterNode)new OrNode([.. nodes]))));

    private static IEnumerable<FilterNode> Shrink(FilterNode node) => node switch
    {
        AndNode and => and.Operands,
        OrNode or => or.Operands,
        NotNode not => [not.Operand],
        _ => [],
    };

    private static Gen<List<T>> Some<T>(Gen<T> gen) =>
        from count in Gen.Choose(1, 3) from items in gen.ListOf(count) select items.ToList();

    private static HostTerm Host(SocketFamilies family, string? network, PortTerm? port)
    {
        if (network is null)
        {
            return new HostTerm { Family = family, Port = port };
        }

        Assert.True(PrefixText.TryParse(network, out var parsed, out var length, out _), network);
        return new HostTerm { Family = family, Network = parsed, PrefixLength = length, Port = port };
    }

    private static SocketEntry Socket(
        SocketProtocol protocol, SocketState state, string local, string remote, ushort localPort, ushort remotePort, Random random)
    {
        Assert.True(InternetAddress.TryParse(local, out var localAddress));
        Assert.True(InternetAddress.TryParse(remote, out var remoteAddress));

        // One socket has one family; an odd remote end is brought over to the local one's.
        if (localAddress.IsIPv4 != remoteAddress.IsIPv4)
        {
            remoteAddress = localAddress.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
        }

        return new SocketEntry
        {
            Protocol = protocol,
            State = state,
            LocalAddress = localAddress,
            RemoteAddress = remoteAddress,
            LocalPort = localPort,
            RemotePort = remotePort,
            InterfaceIndex = random.Next(3) switch { 0 => 0, 1 => 2, _ => 7 },
            NamespaceIndex = random.Next(2),
            Inode = (uint)random.Next(3),
            UserId = (uint)(random.Next(2) * 1000),
            ReceiveQueue = (uint)random.Next(7),
            SendQueue = (uint)random.Next(7),
            Flags = (SocketFlags)(random.Next(2) | (random.Next(8) == 0 ? (int)SocketFlags.KernelOwned : 0)),
            UnixIndex = random.Next(2) - 1,
        };
    }

    private static FilterContext Context(int hidden, bool all)
    {
        var table = new SocketTable();
        ref var entry = ref table.Add();
        table.Attach(ref entry, new UnixDetails("nginx", 0, 1));
        return new FilterContext
        {
            Snapshot = new SocketSnapshot
            {
                Sockets = table,
                Namespaces = [
                    new NetworkNamespace(4026531840, null, 0, IsOwn: true), new NetworkNamespace(4026532000, "blue", 9, IsOwn: false)],
                Sources = [],
                Missing = [],
            },
            Owners = new OwnerMap([1, 1], [5, 100], "test", hidden),
            Process = pid =>
                pid == 5
                    ? new ProcessInfo(pid, 1) { Name = "nginx", Unit = "ssh.service" }
                    : all ? new ProcessInfo(pid, 1) { Name = "sshd" } : null,
            InterfaceName = (space, index) => all && space == 1 && index == 7 ? "eth0" : null,
        };
    }
}

using Portolan.Sockets.Filtering.Predicates;
using Portolan.Sockets.Filtering.Syntax;

namespace Portolan.Sockets.Filtering;

/// <summary>Turns a filter as it was written into tests, with every name looked up.</summary>
internal sealed class FilterCompiler
{
    private readonly string _filter;
    private readonly FilterNames _names;

    private FilterCompiler(string filter, FilterNames names)
    {
        _filter = filter;
        _names = names;
    }

    /// <summary>The first name that could not be looked up.</summary>
    public FilterError? Error { get; private set; }

    /// <summary>Compiles; <c>false</c> when a name does not exist.</summary>
    public static bool TryCompile(string filter, FilterNode node, FilterNames names, out SocketTest test, out FilterError? error)
    {
        var compiler = new FilterCompiler(filter, names);
        test = compiler.Compile(node);
        error = compiler.Error;
        return error is null;
    }

    private SocketTest Compile(FilterNode node) => node switch
    {
        AndNode and => CombinedTest.All(and.Operands.Select(Compile)),
        OrNode or => CombinedTest.Any(or.Operands.Select(Compile)),
        NotNode not => new NotTest(Compile(not.Operand)),
        StateNode state => new StateTest(state.States),
        ProtocolNode protocol => new ProtocolTest(protocol.Protocols),
        FamilyNode family => new FamilyTest(family.Families),
        AutoboundNode => new PortTest(isLocal: true, SortedPortRanges.Of([_names.EphemeralPorts()])),
        PortNode port => Ends(port.End, isLocal => Ports(isLocal, port.End, port.Comparison, port.Terms)),
        HostNode host => CombinedTest.Any(host.Terms.Select(term => Host(host.End, term))),
        NumberNode number => Number(number),
        UserNode user => User(user),
        PatternNode pattern => Pattern(pattern),
        ServiceNode service =>
            Ends(SocketEnd.Either, isLocal => CombinedTest.Any(service.Names.Select(name => Service(isLocal, SocketEnd.Either, name)))),
        InterfaceNode device => CombinedTest.Any(device.Interfaces.Select(Interface)),
        _ => throw new InvalidOperationException($"{node.GetType().Name} cannot be judged"),
    };

    private static SocketTest Ends(SocketEnd end, Func<bool, SocketTest> test) => end switch
    {
        SocketEnd.Local => test(true),
        SocketEnd.Remote => test(false),
        _ => CombinedTest.Any(test(true), test(false)),
    };

    private SocketTest Ports(bool isLocal, SocketEnd end, FilterComparison comparison, IReadOnlyList<PortTerm> terms)
    {
        if (comparison != FilterComparison.Equal)
        {
            var port = terms[0].Service is { } name ? OnlyPort(name) : terms[0].Ports.First.Value;
            return PortsOf(isLocal, end, Compared(comparison, port));
        }

        // Numbers make one set, however many; each service is a condition of its own, because its protocol counts.
        var numbers = SortedPortRanges.Of(terms.Where(static term => term.Service is null).Select(static term => term.Ports));
        var services = terms.Where(static term => term.Service is not null).Select(term => Service(isLocal, end, term.Service!.Value));
        return CombinedTest.Any(numbers.IsEmpty ? services : services.Prepend(PortsOf(isLocal, end, numbers)));
    }

    /// <summary>
    /// Port 0 stands for "no port", which is neither below 1024 nor above anything: it matches only where it was written.
    /// </summary>
    private static SortedPortRanges Compared(FilterComparison comparison, int port) => comparison switch
    {
        FilterComparison.Less => SortedPortRanges.Between(1, port - 1),
        FilterComparison.LessOrEqual => SortedPortRanges.Between(1, port),
        FilterComparison.Greater => SortedPortRanges.Between(port + 1, ushort.MaxValue),
        _ => SortedPortRanges.Between(Math.Max(1, port), ushort.MaxValue),
    };

    /// <summary>A test of one end; the remote end of a socket without a peer never makes "either end" match.</summary>
    private static PortTest PortsOf(bool isLocal, SocketEnd end, SortedPortRanges ports) =>
        new(isLocal, end == SocketEnd.Either && !isLocal ? ports.WithoutZero() : ports);

    private int OnlyPort(FilterValue name)
    {
        var found = SortedPortRanges.Of(Find(name).Select(static entry => entry.Ports));
        if (found.Ranges is [{ Count: 1 } only])
        {
            return only.First.Value;
        }

        Fail(name, $"\"{name.Text}\" is more than one port, so it has no order");
        return 0;
    }

    // A service is a port of a protocol: syslog is 514/udp, while 514/tcp is shell.
    private SocketTest Service(bool isLocal, SocketEnd end, FilterValue name) => CombinedTest.Any(
        Find(name).GroupBy(static entry => entry.Protocol).Select(group => CombinedTest.All(
            new ProtocolTest(SocketProtocolsOf(group.Key)),
            PortsOf(isLocal, end, SortedPortRanges.Of(group.Select(static entry => entry.Ports))))));

    private static SocketProtocols SocketProtocolsOf(TransportProtocol transport)
    {
        var result = SocketProtocols.None;
        for (var protocol = SocketProtocol.Tcp; protocol <= SocketProtocol.Packet; protocol++)
        {
            result |= protocol.Transport() == transport ? (SocketProtocols)(1 << (int)protocol) : 0;
        }

        return result;
    }

    private IReadOnlyList<ServicePorts> Find(FilterValue name)
    {
        var found = _names.FindService(name.Text);
        if (found.Count == 0)
        {
            Fail(name, $"no service is named \"{name.Text}\"", _names.ServiceNames);
        }

        return found;
    }

    private SocketTest Host(SocketEnd end, HostTerm term)
    {
        if (term.UnixPath is { } path)
        {
            // The registry of Unix sockets knows the peer by inode only: a path is always the local end's.
            return end == SocketEnd.Remote ? ConstantTest.No : new UnixPathTest([new TextPattern(path)]);
        }

        var family = term.Family == SocketFamilies.None
            ? new ProtocolTest(Pushdown.SocketBounds.Internet.Protocols)
            : (SocketTest)new FamilyTest(term.Family);
        return CombinedTest.All(family, Ends(end, isLocal => HostEnd(isLocal, end, term)));
    }

    private SocketTest HostEnd(bool isLocal, SocketEnd end, HostTerm term)
    {
        var tests = new List<SocketTest>();
        if (term.Network is { } network)
        {
            tests.Add(new AddressTest(isLocal, network, term.PrefixLength));
        }

        if (term.Port is { } port)
        {
            tests.Add(Ports(isLocal, end, FilterComparison.Equal, [port]));
        }

        // A socket without a peer has the remote address 0.0.0.0, which nobody means by "either end".
        if (end == SocketEnd.Either && !isLocal)
        {
            tests.Add(new RemoteAddressKnownTest());
        }

        return CombinedTest.All(tests);
    }

    private static SocketTest Number(NumberNode number)
    {
        var ranges = Ranges(number.Comparison, number.Ranges);
        return number.Field == FilterFields.Pid ? new PidTest(ranges)
            : number.Field == FilterFields.Rate ? new RateTest(ranges)
            : new NumberTest(number.Field == FilterFields.SendQueue, ranges);
    }

    private static NumberRange[] Ranges(FilterComparison comparison, IReadOnlyList<NumberRange> values) => comparison switch
    {
        FilterComparison.Less => values[0].First == 0 ? [] : [new(0, values[0].First - 1)],
        FilterComparison.LessOrEqual => [new(0, values[0].First)],
        FilterComparison.Greater => values[0].First == uint.MaxValue ? [] : [new(values[0].First + 1, uint.MaxValue)],
        FilterComparison.GreaterOrEqual => [new(values[0].First, uint.MaxValue)],
        _ => [.. values],
    };

    private UserTest User(UserNode user)
    {
        var ids = new List<NumberRange>();
        foreach (var term in user.Terms)
        {
            if (term.Name is not { } name)
            {
                ids.Add(term.Ids);
            }
            else if (_names.FindUser(name.Text) is { } id)
            {
                ids.Add(new NumberRange(id, id));
            }
            else
            {
                Fail(name, $"no user is named \"{name.Text}\"", _names.UserNames);
            }
        }

        return new UserTest(ids.Count == 0 ? [] : Ranges(user.Comparison, ids));
    }

    private static SocketTest Pattern(PatternNode node)
    {
        if (node.Field == FilterFields.Namespace)
        {
            return new NamespaceTest(node.Patterns);
        }

        TextPattern[] patterns = [.. node.Patterns.Select(static text => new TextPattern(text))];
        return node.Field == FilterFields.Process ? new ProcessNameTest(patterns)
            : node.Field == FilterFields.Unit ? new UnitTest(patterns)
            : node.Field == FilterFields.Container ? new ContainerTest(patterns)
            : new UnixPathTest(patterns);
    }

    private InterfaceTest Interface(FilterValue value)
    {
        if (_names.FindInterface(value.Text) is { } found)
        {
            return new InterfaceTest(found, value.Text, !_names.AllNamespaces);
        }

        if (int.TryParse(
            value.Text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var index))
        {
            return new InterfaceTest(index, name: null, !_names.AllNamespaces);
        }

        if (!_names.AllNamespaces)
        {
            Fail(value, $"no interface is named \"{value.Text}\"", _names.InterfaceNames);
        }

        return new InterfaceTest(0, value.Text, !_names.AllNamespaces);
    }

    private void Fail(FilterValue value, string message, Func<IEnumerable<string>>? candidates = null) =>
        Error ??= new FilterError(
            _filter, message, value.Position, value.Length, candidates is null ? null : NearestWord.Find(value.Text, candidates()));
}

using Portolan.Firewall.Host;
using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>The packets a query asks about, before anything looked at them.</summary>
internal sealed class QueryStart
{
    private const byte IcmpIPv6 = 58;
    private const string ChosenBySender = "the sender chooses the address of the frame, and with that its type (pkttype)";

    private const string OfRelated = "the ports of the failed connection are not given";

    private const string OfClient = "it depends on the client's port";

    private const string OfLater = "the headers of later packets are unknown";

    // IPS_ASSURED: tracking has seen both ways.
    private const uint Assured = 4;

    // PACKET_HOST, PACKET_BROADCAST and PACKET_MULTICAST (linux/if_packet.h).
    private static readonly IntervalSet FrameTypes = IntervalSet.Of(0, 2);

    private static readonly IntervalSet LinkLocal = IntervalSet.Prefix((UInt128)0xfe80 << 112, 10, 128);

    private readonly HostFacts _host;
    private readonly AddressBook _addresses;
    private readonly IntervalSet[] _open = new IntervalSet[PacketFields.OpenCount];
    private readonly bool _isIPv4;
    private readonly IntervalSet _forMany;

    public QueryStart(JudgeContext context, AddressBook addresses)
    {
        _host = context.Host;
        _addresses = addresses;
        _isIPv4 = context.IsIPv4;
        for (var i = 0; i < _open.Length; i++)
        {
            _open[i] = OpenFields.All((PacketField)i, _isIPv4);
        }

        _forMany = ForMany(_host, _isIPv4);
        AllSourcePorts = context.Protocol is 6 or 17 or 132 or 136 or 33 ? IntervalSet.Of(1, ushort.MaxValue) : IntervalSet.Of(0);
    }

    /// <summary>Source ports of a query that names none.</summary>
    public IntervalSet AllSourcePorts { get; }

    /// <summary>What the field may be where a query says nothing.</summary>
    public IntervalSet Open(PacketField field) => _open[(int)field];

    /// <summary>The packets.</summary>
    public List<FlowState> States(FlowQuery query)
    {
        var result = new List<FlowState>();
        if (query.Direction != FlowDirection.Inbound)
        {
            var sources = query.Sources
                ?? (query.Direction == FlowDirection.Loopback ? _addresses.All(_isIPv4) : OwnSources(query.Destinations));
            var destinations = query.Destinations
                ?? (query.Direction == FlowDirection.Loopback ? _addresses.All(_isIPv4) : IntervalSet.Empty);
            Add(result, query, sources, destinations, IntervalSet.Of(0));
            return result;
        }

        var interfaces = new List<Interval>();
        foreach (var index in query.Interfaces ?? ReceivingInterfaces())
        {
            interfaces.Add(new Interval((uint)index, (uint)index));
        }

        var inputs = IntervalSet.From(interfaces);
        var senders = query.Sources ?? _addresses.Senders(_isIPv4);
        if (query.Destinations is { } asked)
        {
            Add(result, query, senders, asked, inputs);
            return result;
        }

        // An address of the link is an address only there.
        Add(result, query, senders, _addresses.Global(_isIPv4), inputs);
        if (_addresses.LinkLocal(_isIPv4) is { } links)
        {
            AddOnLinks(result, query, senders, links, inputs);
        }

        return result;
    }

    private void AddOnLinks(List<FlowState> result, FlowQuery query, IntervalSet senders, Coupling links, IntervalSet inputs)
    {
        var parts = links.Parts(_addresses.OnLinks(_isIPv4), inputs);
        if (parts is [var (addresses, interfaces)])
        {
            Add(result, query, senders, addresses, interfaces);
            return;
        }

        var all = IntervalSet.From(parts.SelectMany(static p => p.Addresses.Intervals.ToArray()));
        var found = new List<FlowState>();
        Add(found, query, senders, all, IntervalSet.From(parts.SelectMany(static p => p.Interfaces.Intervals.ToArray())));
        foreach (var state in found)
        {
            StateMerger.Add(result, state with { Cube = state.Cube.With(links) });
        }
    }

    // RFC 6724 section 5, rule 2: an address of the link is not a source for what is beyond it, as long as there is another.
    private IntervalSet OwnSources(IntervalSet? destinations)
    {
        var global = _addresses.Global(_isIPv4);
        var isBeyond = destinations is { IsEmpty: false } asked && asked.Intersect(LinkLocal).IsEmpty;
        return !_isIPv4 && isBeyond && !global.IsEmpty ? global : _addresses.NotLoopback(_isIPv4);
    }

    private void Add(List<FlowState> result, FlowQuery query, IntervalSet sources, IntervalSet destinations, IntervalSet interfaces)
    {
        var ports = query.SourcePorts ?? AllSourcePorts;
        if (sources.IsEmpty || destinations.IsEmpty || interfaces.IsEmpty || ports.IsEmpty)
        {
            return;
        }

        var sets = _open.AsSpan().ToArray();
        sets[(int)PacketField.SourceAddress] = sources;
        sets[(int)PacketField.DestinationAddress] = destinations;
        sets[(int)PacketField.SourcePort] = ports;
        sets[(int)PacketField.InputInterface] = interfaces;
        if (query.HopLimit is { } hopLimit)
        {
            sets[(int)PacketField.HopLimit] = IntervalSet.Of(hopLimit);
        }

        if (query.Direction != FlowDirection.Inbound)
        {
            StateMerger.Add(result, new FlowState(new Cube(sets), ViewOf(query, sets), Doubts.None, null));
            return;
        }

        // What is for many may come in a frame to this host alone, to a group or to all; what is for one host comes in a frame to it.
        foreach (var (part, types) in ((IntervalSet, FieldValue)[])[
            (destinations.Except(_forMany), FieldValue.Constant(0)),
            (destinations.Intersect(_forMany), FieldValue.Choice(FrameTypes, ChosenBySender))])
        {
            if (!part.IsEmpty)
            {
                var own = sets.AsSpan().ToArray();
                own[(int)PacketField.DestinationAddress] = part;
                StateMerger.Add(
                    result, new FlowState(new Cube(own), ViewOf(query, own).With(PacketField.PacketType, types), Doubts.None, null));
            }
        }
    }

    /// <summary>How later packets of the sender look at first, of those that began a connection which was answered.</summary>
    /// <param name="query">The query.</param>
    /// <param name="answer">The answer to the first packet, at its end.</param>
    /// <param name="flags">Their TCP flags.</param>
    public PacketView Later(FlowQuery query, in FlowState answer, FieldValue flags) => Next(query, answer, flags, isSame: false);

    /// <summary>How the first packets look when the sender sends them again: alike, but of a connection that was answered.</summary>
    /// <param name="query">The query.</param>
    /// <param name="answer">The answer to the first packet, at its end.</param>
    public PacketView Again(FlowQuery query, in FlowState answer) => Next(query, answer, FieldValue.Constant(query.TcpFlags), isSame: true);

    private PacketView Next(FlowQuery query, in FlowState answer, FieldValue flags, bool isSame)
    {
        var (view, cube) = (answer.View, answer.Cube);
        var isInbound = query.Direction == FlowDirection.Inbound;
        var isAnswerKnown = view[PacketField.HasConnection].Number != 0
            && view[PacketField.ConnectionDirection] is { Kind: FieldValueKind.Constant, Number: var direction } && direction == 1;
        var areDatagrams = OrdinaryExchange.IsOfDatagrams(query.Protocol);
        var coming = isAnswerKnown ? new ComingConnection(ConnectionState.Established, false)
            : view.Marks.Coming.IsReply
                ? new ComingConnection(areDatagrams ? ConnectionState.New : ConnectionState.Invalid, false)
            : (areDatagrams
                ? new ComingConnection(ConnectionState.New, false) { IsTakenUp = true }
                : ConnectionStage.InTheMiddle(_host)) with
            { IsOfSender = true };
        List<(PacketField Field, FieldValue Value)> changes = [];
        for (var field = PacketField.SourceAddress; field <= PacketField.EtherSource; field++)
        {
            // A sender keeps some of what it chose; the rest is another in every packet.
            var isKept = isSame
                || field is <= PacketField.HopLimit or PacketField.Fragmentation or PacketField.FlowLabel or PacketField.EtherSource
                    or PacketField.SctpTag;
            var set = cube[field];
            var isSingle = set.Count == 1 && set.Intervals[0].First == set.Intervals[0].Last;
            changes.Add((field, isKept ? isSingle ? FieldValue.Constant(set.Intervals[0].First) : FieldValue.Open(field)
                : FieldValue.Choice(OrdinaryClient.Later(field, query.Protocol, _isIPv4, mayOpen: false), OfLater)));
        }

        changes.Add((PacketField.DestinationPort, PortOf(query)));
        changes.Add((PacketField.OutputInterface, FieldValue.Constant(0)));
        changes.Add((PacketField.PacketType, FieldValue.Constant(0)));
        changes.Add((PacketField.TcpFlags, flags));
        changes.Add((PacketField.Mark, FieldValue.Constant(0)));
        changes.Add((PacketField.Priority, FieldValue.Constant(0)));
        changes.Add((PacketField.HasLinkHeader, FieldValue.Constant(isInbound ? 1u : 0u)));
        changes.Add((PacketField.HasSocket, FieldValue.Constant(isInbound ? 0u : 1u)));
        changes.Add((PacketField.SocketUser, OfSocket(query.UserId, "the user of the socket is not given")));
        changes.Add((PacketField.SocketGroup, OfSocket(query.GroupId, "the group of the socket is not given")));
        changes.Add((PacketField.HasConnection, FieldValue.Constant(0)));
        changes.Add((PacketField.ConnectionState, FieldValue.Constant((uint)ConnectionState.Invalid)));
        if (view[PacketField.ConnectionStatus] is { Kind: FieldValueKind.Constant } status)
        {
            changes.Add(
                (PacketField.ConnectionStatus,
                    FieldValue.Constant(coming.State == ConnectionState.New ? 0 : isSame ? status.Number : status.Number | Assured)));
        }

        var marks = coming.State == ConnectionState.Established
            ? view.Marks with { MustReroute = false, BoundInterface = query.OutputInterface, Coming = coming, IsLater = true }
            : new ViewMarks(null, null, false, false, false, query.OutputInterface, coming, view.Marks.Additions)
            {
                Zone = view.Marks.Zone,
                IsSeen = view.Marks.IsSeen,
                Proxy = view.Marks.Proxy,
            };
        return view.With(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(changes)).With(marks);
    }

    private static PacketView ViewOf(FlowQuery query, IntervalSet[] sets)
    {
        var isInbound = query.Direction == FlowDirection.Inbound;
        var changes = new List<(PacketField Field, FieldValue Value)>();
        for (var field = PacketField.SourceAddress; field <= PacketField.EtherSource; field++)
        {
            var set = sets[(int)field];
            var isSingle = set.Count == 1 && set.Intervals[0].First == set.Intervals[0].Last;
            changes.Add((field, isSingle ? FieldValue.Constant(set.Intervals[0].First) : FieldValue.Open(field)));
        }

        changes.Add(
            (PacketField.DestinationPort,
                query.DestinationPorts is { } ports ? FieldValue.Choice(ports, OfClient) : PortOf(query)));
        changes.Add((PacketField.ConnectionProtocol, FieldValue.Constant(query.About?.Protocol ?? query.Protocol)));
        changes.Add((PacketField.TcpFlags, FieldValue.Constant(query.TcpFlags)));
        changes.Add((PacketField.IcmpType, FieldValue.Constant(query.IcmpType)));
        changes.Add((PacketField.IcmpCode, FieldValue.Constant(query.IcmpCode)));
        changes.Add((PacketField.HasLinkHeader, FieldValue.Constant(isInbound ? 1u : 0u)));
        changes.Add((PacketField.HasSocket, FieldValue.Constant(isInbound || IsOfKernel(query) ? 0u : 1u)));
        changes.Add((PacketField.SocketUser, OfSocket(query.UserId, "the user of the socket is not given")));
        changes.Add((PacketField.SocketGroup, OfSocket(query.GroupId, "the group of the socket is not given")));
        changes.Add((PacketField.ConnectionState, FieldValue.Constant((uint)ConnectionState.Invalid)));
        if (query.State is ConnectionState.Established or ConnectionState.Related)
        {
            changes.Add((PacketField.ConnectionMark, FieldValue.Choice(IntervalSet.All(32), "the mark of the connection is not given")));
            changes.Add(
                (PacketField.ConnectionStatus, FieldValue.Choice(IntervalSet.All(32), "the status of the connection is not given")));
        }

        var view = (query.Trace is { } trace ? PacketView.Zero.With(trace) : PacketView.Zero).With(changes.ToArray())
            .With(new ViewMarks(
                null, null, false, false, false, query.OutputInterface, new ComingConnection(StateOf(query), query.IsAnswer), null));
        if (query is { IsAnswer: true, About: { } about })
        {
            return ConnectionTuples.Of(view, about, OfRelated);
        }

        return query.IsAnswer
            ? ConnectionTuples.Answered(
                view,
                query.State == ConnectionState.Related
                    ? FieldValue.Choice(OpenFields.All(PacketField.SourcePort, query.IsIPv4), OfRelated)
                    : null)
            : view;
    }

    // Groups, and broadcast addresses of all and of the networks on the links.
    private static IntervalSet ForMany(HostFacts host, bool isIPv4)
    {
        if (!isIPv4)
        {
            return IntervalSet.Prefix((UInt128)0xff00 << 112, 8, 128);
        }

        var broadcasts = new List<Interval> { new(uint.MaxValue, uint.MaxValue) };
        foreach (var route in host.Routes)
        {
            if (route.Kind == HostRouteKind.Broadcast && route.Destination.IsIPv4)
            {
                IntervalSet.Prefix(route.Destination.Number, route.PrefixLength, 32).Intervals.AddTo(broadcasts);
            }
        }

        return IntervalSet.From(broadcasts).Union(IntervalSet.Prefix(0xe0000000, 4, 32));
    }

    // Neighbour discovery and multicast listener discovery have no socket of a program, and are never tracked (nf_conntrack_icmpv6_error).
    private static bool IsOfKernel(FlowQuery query) =>
        !query.IsIPv4 && query.Protocol == IcmpIPv6 && (query.IcmpType is (>= 130 and <= 137) or 143);

    private static FieldValue PortOf(FlowQuery query) =>
        query.Trace is null ? FieldValue.Constant(query.DestinationPort) : FieldValue.Asked(query.DestinationPort);

    private static ConnectionState StateOf(FlowQuery query) => IsOfKernel(query) ? ConnectionState.Untracked : query.State;

    private static FieldValue OfSocket(uint? id, string why) =>
        id is { } known ? FieldValue.Constant(known) : FieldValue.Choice(IntervalSet.All(32), why);

    // The port of a bridge or bond hands its packets to it; that of a VRF keeps them.
    private IEnumerable<int> ReceivingInterfaces()
    {
        foreach (var candidate in _host.Interfaces)
        {
            var isPort = candidate.Master != 0 && _host.Interface(candidate.Master)?.VrfTable is null;
            if (candidate.IsUp && !candidate.IsLoopback && !isPort)
            {
                yield return candidate.Index;
            }
        }
    }
}
